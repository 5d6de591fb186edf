/** Writes to standard output as it is. */
export function say(text: string): void {
  process.stdout.write(text);
}

/** The text behind an option; undefined where it is not given. */
export function textOption(args: readonly string[], name: string): string | undefined {
  const at = args.indexOf(name);
  return at < 0 ? undefined : args[at + 1];
}

/** The whole number behind an option; throws where it is none, or less than the least. */
export function numberOption(args: readonly string[], name: string, fallback: number, least = 1): number {
  const value = args.includes(name) ? Number(textOption(args, name)) : fallback;
  if (!Number.isInteger(value) || value < least)
    throw new Error(`${name} must be a whole number of at least ${least}`);
  return value;
}

/** Runs a command with its arguments; an error is written and ends it with status 1. */
export function runCommand(main: (args: string[]) => Promise<void>): void {
  main(process.argv.slice(2)).catch((error: unknown) => {
    process.stderr.write(`${(error as Error).message}\n`);
    process.exitCode = 1;
  });
}
