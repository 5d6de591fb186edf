/** Runs the example of a consumer's page for TypeScript: `node page.mjs MODULE`, the question on standard input. */
import { text } from 'node:stream/consumers';
import { pathToFileURL } from 'node:url';

const { tokens, own } = JSON.parse(await text(process.stdin));
const { callerOf, ownToken } = await import(pathToFileURL(process.argv[2]).href);
const answers = {};
for (const [name, token] of Object.entries(tokens))
  answers[name] = await callerOf(token).then(
    (caller) => caller ?? null,
    (error) => error.constructor.name,
  );
if (own) answers.own = [await ownToken(), await ownToken()];
process.stdout.write(JSON.stringify(answers), () => process.exit(0));
