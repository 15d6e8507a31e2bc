// Makes docs/demo-light.svg and docs/demo-dark.svg, the pictures of the README, from a real run of the demo.
// `--check` writes nothing, and ends with 1 where a picture differs from what the demo prints now.
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const { PATH, HOME } = process.env;
// What npm sets would change how the commands in the output are spelled.
const options = { cwd: root, encoding: 'utf8', env: { PATH, HOME, npm_command: 'exec' } };
const { stdout, status } = spawnSync(process.execPath, ['scripts/demo.mjs'], options);
if (status !== 0) process.exit(status ?? 1);

// Where Python lies, and its version of Django, are this machine's own.
const lines = stdout
  .replace(/^The app: .*\n/, '')
  .replaceAll(/\S*\/(?=python3 )/g, '')
  .replaceAll(/^\$ (.{88}\S*) (.*)$/gm, '$ $1 \\\n    $2')
  .trimEnd()
  .split('\n');

const schemes = {
  light: {
    ground: '#ffffff',
    frame: '#d0d7de',
    text: '#24292f',
    prompt: '#0550ae',
    good: '#116329',
    bad: '#cf222e',
  },
  dark: {
    ground: '#0d1117',
    frame: '#30363d',
    text: '#e6edf3',
    prompt: '#79c0ff',
    good: '#7ee787',
    bad: '#ff7b72',
  },
};

let drift = false;
for (const [name, scheme] of Object.entries(schemes)) {
  const file = `${root}docs/demo-${name}.svg`;
  const picture = draw(lines, scheme);
  if (!process.argv.includes('--check')) writeFileSync(file, picture);
  else if (readFileSync(file, 'utf8') !== picture) {
    console.error(`docs/demo-${name}.svg differs from what the demo prints: npm run picture`);
    drift = true;
  }
}
process.exitCode = drift ? 1 : 0;

function draw(lines, scheme) {
  const [step, margin, columns] = [18, 16, 100];
  const [width, height] = [columns * 7.8 + 2 * margin, lines.length * step + 2 * margin];
  const rows = lines.map((line, index) => {
    const weight = line.startsWith('$ ') ? ' font-weight="bold"' : '';
    const place = `x="${margin}" y="${margin + step * (index + 0.75)}"`;
    return `<text ${place} fill="${colourOf(line, scheme)}"${weight} xml:space="preserve">${escapeXml(line)}</text>`;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" font-family="ui-monospace, SFMono-Regular, Menlo, Consolas, monospace" font-size="13">
<rect x="0.5" y="0.5" width="${width - 1}" height="${height - 1}" rx="6" fill="${scheme.ground}" stroke="${scheme.frame}"/>
${rows.join('\n')}
</svg>
`;
}

function colourOf(line, { text, prompt, good, bad }) {
  if (line.startsWith('$ ') || line.startsWith('    127.')) return prompt;
  if (/unhealthy|would fail/.test(line)) return bad;
  if (/ healthy|would pass|200 after/.test(line)) return good;
  return text;
}

function escapeXml(text) {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
}
