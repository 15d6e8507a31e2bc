import { containsValue } from './object.ts';
import { addValues } from './operators.ts';
import { assumedText, type Run } from './run.ts';
import { interpolate } from './text.ts';
import { equal, switchMeaning, truth } from './truth.ts';
import { isObject, unknown, unknownFrom, type Value } from './value.ts';

/** `not x`, `-x`, `+x`. */
export function evaluateUnary(operator: string, value: Value): Value {
  if (operator === 'not') {
    const known = truth(value);
    if (!isObject(value, 'unknown')) return known === undefined ? unknownFrom(value) : !known;
    if (value.assumed === null) return unknownFrom(value);
    return value.assumed === 'off';
  }
  if (typeof value === 'number') return operator === '-' ? -value : value;
  return unknownFrom(value);
}

/** A binary operator of two values; unknown where the outcome is. */
export function compareOrCompute(run: Run, operator: string, left: Value, right: Value): Value {
  const known = (result: boolean | undefined): Value => result ?? unknownFrom(left, right);
  const negated = (result: boolean | undefined): Value =>
    result === undefined ? unknownFrom(left, right) : !result;
  switch (operator) {
    case '==':
      return known(equal(left, right));
    case '!=':
    case '<>':
      return negated(equal(left, right));
    case 'is':
      return known(identical(left, right));
    case 'is not':
      return negated(identical(left, right));
    case 'in':
      return known(containsValue(run, right, left));
    case 'not in':
      return negated(containsValue(run, right, left));
    case '%':
      if (typeof left === 'string') return interpolate(left, assumedText(run, right));
      break;
    case '+':
      if (typeof left === 'string') return addValues(operator, left, assumedText(run, right));
      return addValues(operator, typeof right === 'string' ? assumedText(run, left) : left, right);
    case '|':
    case '-':
    case '*':
    case '/':
      return addValues(operator, left, right);
  }
  if (typeof left !== 'number' || typeof right !== 'number') return unknownFrom(left, right);
  if (operator === '<') return left < right;
  if (operator === '>') return left > right;
  if (operator === '<=') return left <= right;
  return operator === '>=' ? left >= right : unknown();
}

function identical(left: Value, right: Value): boolean | undefined {
  const one = right === null || typeof right === 'boolean' ? right : undefined;
  if (one === undefined)
    return isObject(left, 'list') || isObject(left, 'dict') ? left === right : equal(left, right);
  if (!isObject(left, 'unknown')) return left === one;
  if (left.assumed === null) return undefined;
  return one === null ? false : one === (switchMeaning(left.assumed === 'off' ? 'off' : 'on') ?? true);
}
