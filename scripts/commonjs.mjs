// Turns the chunks that esbuild makes into the bodies of CommonJS modules. esbuild's own conversion reaches every name of
// another chunk through two getters, which a short run spends more time on making than on calling.
import { init, parse } from 'es-module-lexer';

await init;

const dynamicImport = 2;
const importMeta = 3;

/** The CommonJS body of an ES module. What it imports is read once, when it starts, and what it exports is set once, when it
 * ends: no export may change afterwards, and no two modules may import each other statically (`assertAcyclic`).
 * @param source as esbuild prints it: one export statement at the end */
export function toCommonJs(source) {
  const [imports, exports] = parse(source);
  const edits = imports.map(({ n: id, t: kind, ss: start, se: end }) => ({
    start,
    end,
    text: importAs(kind, id, source.slice(start, end)),
  }));
  if (exports.length > 0) edits.push(exportAs(source, exports));
  let body = '"use strict";';
  let at = 0;
  for (const { start, end, text } of edits.sort((a, b) => a.start - b.start)) {
    body += source.slice(at, start) + text;
    at = end;
  }
  return body + source.slice(at);
}

function importAs(kind, id, statement) {
  if (kind === importMeta) return '{url:require("node:url").pathToFileURL(__filename).href}';
  const required = `require(${JSON.stringify(id)})`;
  if (kind === dynamicImport) return `Promise.resolve().then(()=>${required})`;
  const [, whole, named] =
    /^import(?:\s*(?:\*\s*as\s+)?([\w$]+)\s*,?)?(?:\s*\{([^}]*)\})?/.exec(statement) ?? [];
  const parts = [];
  // Node's modules are CommonJS themselves: their default export is all of them.
  if (whole !== undefined) parts.push(`${whole}=${required}`);
  if (named !== undefined) parts.push(`{${renamed(named)}}=${required}`);
  return parts.length === 0 ? required : `const ${parts.join(',')}`;
}

/** `a as b` as `a:b`. */
function renamed(names) {
  return names.replaceAll(/\s+as\s+/g, ':');
}

function exportAs(source, exports) {
  const [{ ss: start }] = exports;
  const end = source.indexOf('}', start) + 1;
  if (!source.startsWith('export{', start) || exports.some(({ ss }) => ss !== start)) {
    throw new Error(`not as esbuild prints it: ${source.slice(start, start + 80)}`);
  }
  return { start, end, text: exports.map(({ n: name, ln: local }) => `exports.${name}=${local}`).join(';') };
}

/** @param imports by module, the modules that it imports statically
 * @throws Error naming one that imports itself, by whatever way */
export function assertAcyclic(imports) {
  const done = new Set();
  const visit = (module, way) => {
    if (way.has(module)) throw new Error(`${module} imports itself by way of ${[...way].join(', ')}`);
    if (done.has(module)) return;
    for (const target of imports.get(module) ?? []) visit(target, new Set([...way, module]));
    done.add(module);
  };
  for (const module of imports.keys()) visit(module, new Set());
}
