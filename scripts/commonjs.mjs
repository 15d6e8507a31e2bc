// Turns the chunks that esbuild makes into the bodies of CommonJS modules. esbuild's own conversion reaches every name of
// another chunk through two getters, which a short run spends more time on making than on calling.
import { init, parse } from 'es-module-lexer';

await init;

const dynamicImport = 2;
const importMeta = 3;

/** The CommonJS body of an ES module. What it imports is read once, when it starts, and what it exports is set once, when it
 * ends: no export may change afterwards, and no two modules may import each other statically (`assertAcyclic`).
 * @param source as esbuild prints it: one export statement
 * @param rename gives the name by which a module is to be asked for
 * @throws Error where it is not */
export function toCommonJs(source, rename = (id) => id) {
  const [imports, exports] = parse(source);
  const declarations = [];
  const edits = [];
  for (const { n: id, t: kind, ss: start, se: end } of imports) {
    if (kind === importMeta) {
      edits.push({ start, end, text: ownMeta });
      continue;
    }
    const required = `require(${JSON.stringify(rename(id))})`;
    if (kind === dynamicImport) edits.push({ start, end, text: `Promise.resolve().then(()=>${required})` });
    else {
      edits.push({ start, end, text: '' });
      declarations.push(declare(source.slice(start, end), required));
    }
  }
  if (exports.length > 0) edits.push(exportAs(source, exports));
  let body = `"use strict";${declarations.join('')}`;
  let at = 0;
  for (const { start, end, text } of edits.sort((a, b) => a.start - b.start)) {
    body += source.slice(at, start) + text;
    at = end;
  }
  return body + source.slice(at);
}

const ownMeta = '{url:require("node:url").pathToFileURL(__filename).href}';

/** An import statement, as a declaration. Node's modules are CommonJS themselves: their default export is all of them. */
function declare(statement, required) {
  const parts =
    /^import\s*(?:([\w$]+)\s*,?\s*)?(?:\*\s*as\s+([\w$]+)\s*)?(?:\{([^}]*)\}\s*)?(?:from\s*)?["']/.exec(
      statement,
    );
  if (parts === null) throw unexpected(statement);
  const [, byDefault, namespace, names] = parts;
  const targets = [byDefault, namespace, names && `{${names.replaceAll(/\s+as\s+/g, ':')}}`].filter(Boolean);
  return targets.length === 0
    ? `${required};`
    : `const ${targets.map((to) => `${to}=${required}`).join(',')};`;
}

function exportAs(source, exports) {
  const [{ ss: start }] = exports;
  if (!source.startsWith('export{', start) || exports.some(({ ss }) => ss !== start))
    throw unexpected(source.slice(start, start + 80));
  return {
    start,
    end: source.indexOf('}', start) + 1,
    text: exports.map(({ n: name, ln: local }) => `exports.${name}=${local}`).join(';'),
  };
}

function unexpected(statement) {
  return new Error(`not as esbuild prints it: ${statement}`);
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
