/** `npm run bench -- NAME`: runs `bench/NAME.ts`. Without a name, lists what there is. */
import { readdirSync } from 'node:fs';

const here = new URL('.', import.meta.url);
const names = readdirSync(here)
  .filter((file) => file.endsWith('.ts') && file !== 'main.ts')
  .map((file) => file.slice(0, -'.ts'.length));

const [name] = process.argv.slice(2);
if (name && names.includes(name)) {
  await import(new URL(`${name}.ts`, here).href);
} else {
  console.error(`npm run bench -- NAME, one of: ${names.join(', ')}`);
  process.exitCode = 1;
}
