import type { Expression } from './ast.ts';
import { callFunction, classAttribute } from './call.ts';
import { lookup } from './evaluate.ts';
import { parseJson } from './json.ts';
import { type Run, readVariable } from './run.ts';
import {
  type Arguments,
  type Class,
  isObject,
  type Native,
  PythonRaise,
  unknown,
  type Value,
} from './value.ts';

/**
 * The fields of a pydantic-settings class: each is read from the variable named like it, or like its alias. Lists, sets and the like are
 * decoded as JSON unless `NoDecode` says otherwise; a union with text keeps what is not JSON (pydantic-settings,
 * `EnvSettingsSource.prepare_field_value`). Null for any other class.
 * @throws PythonRaise SettingsError for a list that is not JSON */
export function pydanticFields(run: Run, type: Class, args: Arguments): Map<string, Value> | null {
  const lineage = lineageOf(type);
  if (!lineage.some((one) => one.bases.some(isBaseSettings))) return null;
  const prefix = configured(lineage, 'env_prefix') ?? '';
  const delimiter = configured(lineage, 'env_nested_delimiter');
  const isFirst = lineage.some(({ bases }) => bases.some(isOfFirstVersion));
  const fields = new Map<string, Value>();
  for (const { annotations, names, scope } of lineage.toReversed()) {
    for (const { name, annotation } of annotations) {
      const field = names.get(name);
      const shape = shapeOf(annotation, isFirst);
      const specs = [field, ...shape.metadata.map((call) => run.evaluate(scope, call))].filter(isField);
      const variables = aliasesOf(specs, isFirst) ?? [`${prefix}${name}`.toUpperCase()];
      let value = args.named.get(name);
      for (const variable of variables) value ??= decode(shape, readVariable(run, variable, false));
      const model = annotation.type === 'name' ? lookup(scope, annotation.name) : undefined;
      if (delimiter !== undefined && isObject(model, 'class'))
        for (const variable of variables) value ??= nestedModel(run, model, `${variable}${delimiter}`);
      value ??= isField(field) ? undefined : field;
      for (const spec of specs) value ??= spec.attribute('default');
      for (const validator of shape.validators) {
        const callee = run.evaluate(scope, validator);
        if (isObject(callee, 'function') && value !== undefined)
          value = callFunction(run, callee, plain(value));
      }
      value = applyValidators(run, lineage, name, value);
      fields.set(name, value ?? unknown());
    }
  }
  return fields;
}

interface FieldShape {
  readonly complex: boolean;
  /** A text that is not JSON is kept. */
  readonly lenient: boolean;
  readonly raw: boolean;
  readonly validators: readonly Expression[];
  /** What `Annotated` says besides: `Field(…)`, perhaps. */
  readonly metadata: readonly Expression[];
}

function plain(value: Value): Arguments {
  return { positional: [value], named: new Map() };
}

/** A class and those above it. */
export function lineageOf(type: Class): Class[] {
  return [type, ...type.bases.flatMap((base) => (isObject(base, 'class') ? lineageOf(base) : []))];
}

function isBaseSettings(base: Value): boolean {
  return isObject(base, 'external') && /(^|\.)BaseSettings$/.test(base.path);
}

/** Pydantic 1 had the settings among its own; there is no other `BaseSettings` below `pydantic`. */
function isOfFirstVersion(base: Value): boolean {
  return isObject(base, 'external') && /^pydantic\.(v1\.|env_settings\.)?BaseSettings$/.test(base.path);
}

function isField(value: Value | undefined): value is Native {
  return isObject(value, 'native') && value.type === 'pydantic.Field';
}

/** A text of `model_config = SettingsConfigDict(…)`, or of the inner class `Config` of pydantic 1. */
function configured(lineage: readonly Class[], key: string): string | undefined {
  for (const { names } of lineage) {
    const config = names.get('model_config') ?? names.get('Config');
    const value = isObject(config, 'dict')
      ? config.entries.get(key)
      : isObject(config, 'class')
        ? classAttribute(config, key)
        : undefined;
    if (typeof value === 'string') return value;
  }
  return undefined;
}

/** A field that is a model of its own, from the variables of its fields (`DJANGO__HOSTS`); undefined if none of them is set. */
function nestedModel(run: Run, type: Class, prefix: string): Value | undefined {
  const found = lineageOf(type).flatMap(({ annotations }) =>
    annotations.flatMap(({ name, annotation }) => {
      const value = decode(
        shapeOf(annotation, false),
        readVariable(run, `${prefix}${name}`.toUpperCase(), false),
      );
      return value === undefined ? [] : [[name, value] as const];
    }),
  );
  if (found.length === 0) return undefined;
  return run.call(type.scope, type, [], new Map(found));
}

/** @param isFirst pydantic 1 takes an alias for the name of an argument, and not of a variable */
function aliasesOf(specs: readonly Native[], isFirst: boolean): string[] | undefined {
  for (const key of isFirst ? ['env'] : ['validation_alias', 'alias']) {
    const alias = specs.map((spec) => spec.attribute(key)).find((one) => one !== undefined);
    if (typeof alias === 'string') return [alias.toUpperCase()];
    const several = isObject(alias, 'list') ? alias.items.filter((item) => typeof item === 'string') : [];
    if (several.length > 0) return several.map((item) => item.toUpperCase());
  }
  return undefined;
}

function decode(shape: FieldShape, value: ReturnType<typeof readVariable>): Value | undefined {
  if (typeof value !== 'string' || !shape.complex || shape.raw) return value;
  const parsed = parseJson(value);
  if (parsed !== undefined) return parsed;
  if (shape.lenient) return value;
  throw new PythonRaise('SettingsError', 'not JSON');
}

/** @param isFirst pydantic 1 takes an optional list for a list */
function shapeOf(annotation: Expression, isFirst: boolean): FieldShape {
  const names: string[] = [];
  const validators: Expression[] = [];
  const metadata: Expression[] = [];
  const visit = (node: Expression): void => {
    if (node.type === 'name') names.push(node.name);
    else if (node.type === 'attribute') names.push(node.name);
    else if (node.type === 'subscript') {
      visit(node.object);
      if (node.index.type !== 'slice') visit(node.index);
    } else if (node.type === 'sequence') for (const item of node.items) visit(item.value);
    else if (node.type === 'binary') {
      if (!hasNone(node)) names.push('Union');
      visit(node.left);
      visit(node.right);
    } else if (node.type === 'call') {
      const isBefore = node.callee.type === 'name' && node.callee.name === 'BeforeValidator';
      if (isBefore) validators.push(...node.args.slice(0, 1).map((arg) => arg.value));
      else {
        metadata.push(node);
        visit(node.callee);
      }
    }
  };
  visit(annotation);
  const collection = /^(list|List|set|Set|tuple|Tuple|Sequence|frozenset|dict|Dict|Json)$/;
  return {
    complex: names.some((name) => collection.test(name)),
    lenient: names.includes('Union') || names.includes('Any') || (!isFirst && isOptional(annotation)),
    raw: names.includes('NoDecode'),
    validators,
    metadata,
  };
}

/** `Optional[…]` or `… | None`, perhaps within `Annotated`. */
function isOptional(annotation: Expression): boolean {
  if (annotation.type === 'binary') return hasNone(annotation);
  if (annotation.type !== 'subscript') return false;
  const { object, index } = annotation;
  const name = object.type === 'name' || object.type === 'attribute' ? object.name : '';
  const [first] = index.type === 'sequence' ? index.items : [];
  return name === 'Optional' || (name === 'Annotated' && first !== undefined && isOptional(first.value));
}

function hasNone({ left, right }: Expression & { type: 'binary' }): boolean {
  return [left, right].some((side) => side.type === 'constant' && side.value === null);
}

/** Runs the class's validators of one field, such as the one that splits a comma list. */
function applyValidators(
  run: Run,
  lineage: readonly Class[],
  name: string,
  given: Value | undefined,
): Value | undefined {
  let value = given;
  for (const type of lineage) {
    for (const member of type.names.values()) {
      if (!isObject(member, 'function') || value === undefined) continue;
      const applies = member.decorators.some(
        ({ path, args }) =>
          /(^|\.)(field_)?validator$/.test(path ?? '') &&
          args.positional.some((field) => field === name || field === '*'),
      );
      if (applies) value = callFunction(run, { ...member, self: type }, plain(value));
    }
  }
  return value;
}
