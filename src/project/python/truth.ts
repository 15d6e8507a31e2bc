import { isObject, type Unknown, type Value } from './value.ts';

/** Names production gives itself: `prod`, `production`, `live`. */
export function isProductionName(name: string): boolean {
  return /^(prod|prd|production|live|release|aws|eb|elasticbeanstalk)$|(^|[._-])(prod|production)([._-]|$)/i.test(
    name,
  );
}

/** What a switch's text means: true for `true`, `1`, `yes`, `on`, false for their opposites, else undefined. */
export function switchMeaning(value: Value): boolean | undefined {
  if (typeof value === 'boolean') return value;
  if (typeof value === 'number') return value !== 0;
  if (value === null) return false;
  if (typeof value !== 'string') return undefined;
  if (/^(true|t|1|yes|y|on)$/i.test(value.trim())) return true;
  if (/^(false|f|0|no|n|off|none|)$/i.test(value.trim())) return false;
  return undefined;
}

/** Python's truth of a value; undefined if unknown. */
export function truth(value: Value): boolean | undefined {
  if (value === null) return false;
  if (typeof value !== 'object') return value !== '' && value !== 0 && value !== false;
  switch (value.kind) {
    case 'list':
      return value.items.length > 0;
    case 'dict':
      if (value.environment || value.entries.size > 0) return true;
      return value.rest === null ? false : undefined;
    case 'unknown':
      return value.assumed === null ? undefined : value.assumed !== 'off';
    default:
      return true;
  }
}

/** Whether `left == right`; undefined if that cannot be known. */
export function equal(left: Value, right: Value): boolean | undefined {
  if (isObject(left, 'unknown')) return equalToUnknown(left, right);
  if (isObject(right, 'unknown')) return equalToUnknown(right, left);
  if (isObject(left, 'list') && isObject(right, 'list')) {
    if (left.items.length !== right.items.length) return false;
    const results = left.items.map((item, index) => equal(item, right.items[index] ?? null));
    return results.includes(false) ? false : results.includes(undefined) ? undefined : true;
  }
  if (isObject(left, 'external') && isObject(right, 'external')) return left.path === right.path;
  if (typeof left === 'boolean' || typeof right === 'boolean') {
    return typeof left === 'object' || typeof right === 'object'
      ? left === right
      : Number(left) === Number(right);
  }
  return left === right;
}

function equalToUnknown(value: Unknown, other: Value): boolean | undefined {
  if (isObject(other, 'unknown')) return value === other ? true : undefined;
  if (value.assumed === 'on' || value.assumed === 'off') {
    const meaning = switchMeaning(other);
    return meaning === undefined ? undefined : meaning === (value.assumed === 'on');
  }
  if (value.assumed === 'stage' && typeof other === 'string') return isProductionName(other);
  if (value.assumed !== null && (other === null || other === '')) return false;
  return undefined;
}
