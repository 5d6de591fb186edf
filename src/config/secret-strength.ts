/** Minimum length of a word searched inside a run of letters: shorter ones occur in every random text. */
const MIN_WORD = 4;
const MAX_WORD = 20;
/** Maximum length of a part between two separators that counts as a word of any language. */
const MAX_TOKEN = 12;
/** Minimum length of a run, half of it words, that counts as a sentence without spaces. */
const MIN_SENTENCE = 12;
/** Minimum length of a sequence and of a repeated part. */
const MIN_SEQUENCE = 4;
const MIN_REPEAT = 5;
const KEYBOARD_ROWS = [
  'qwertyuiop',
  'asdfghjkl',
  'zxcvbnm',
  'qwertzuiop',
  'yxcvbnm',
  'azertyuiop',
  'qsdfghjklm',
  '1234567890',
];
/** Words of settings and their examples that are missing in the lists. */
const OWN_WORDS =
  'auth authentication authorization backend bearer benchmark bits bytes change company config default development docker env ' +
  'environment example generated insecure integration least local minimum placeholder please private production promptstack ' +
  'random replace secret server service session signature signing staging string super token tests value';

/** Characters that commonly replace letters. */
const LEET: Readonly<Record<string, string>> = {
  '0': 'o',
  '1': 'i',
  '3': 'e',
  '4': 'a',
  '5': 's',
  '7': 't',
  '8': 'b',
  '@': 'a',
  $: 's',
};
/** A part between two separators. */
const SEPARATOR = /[\s._,:;!?-]/;
const TOKEN = /(?<![^\s._,:;!?-])\p{L}+(?![^\s._,:;!?-])/gu;

/**
 * Estimates the entropy of a secret in bits, without words, sequences and repetitions: each remaining character counts by the
 * size of its character classes. A random text keeps nearly all of its bits in any encoding; a sentence keeps none, whatever
 * its length.
 */
export function estimateBits(secret: string): number {
  const folded = secret.toLowerCase();
  const explained = new Set<number>();
  const explain = (start: number, length: number) => {
    for (let at = start; at < start + length; at++) explained.add(at);
  };
  const texts = [folded, withoutLeet(folded)];
  const words = wordsIn(texts.join('\n'));
  for (const text of texts) {
    for (const { index, 0: run } of text.matchAll(/[a-z]{4,}/g)) explainWords(run, index, words, explain);
  }
  for (const { index, 0: token } of secret.matchAll(TOKEN)) {
    if (token.length <= MAX_TOKEN && isOneCase(token)) explain(index, token.length);
  }
  for (const { index, length } of sequences(folded)) explain(index, length);
  for (const { index, length } of repeats(folded)) explain(index, length);
  const rest = secret.split('').filter((character, at) => !explained.has(at) && !SEPARATOR.test(character));
  return rest.length * Math.log2(poolOf(rest.join('')));
}

/** Replaces look-alike characters by letters; a hexadecimal number stays unchanged. */
function withoutLeet(text: string): string {
  return text.replaceAll(/[^\s._,:;!?-]+/g, (token) =>
    /^[0-9a-f]+$/.test(token) ? token : token.replaceAll(/[0134578@$]/g, (character) => LEET[character]!),
  );
}

/** Marks as many letters of a run as words can cover; the whole run if it is long and words cover half of it. */
function explainWords(
  run: string,
  offset: number,
  words: ReadonlySet<string>,
  explain: (start: number, length: number) => void,
): void {
  const best: { covered: number; word: number }[] = [{ covered: 0, word: 0 }];
  for (let end = 1; end <= run.length; end++) {
    let choice = { covered: best[end - 1]!.covered, word: 0 };
    for (let length = MIN_WORD; length <= Math.min(MAX_WORD, end); length++) {
      const covered = best[end - length]!.covered + length;
      if (covered > choice.covered && words.has(run.slice(end - length, end)))
        choice = { covered, word: length };
    }
    best.push(choice);
  }
  const isMostlyWords = run.length >= MIN_SENTENCE && best[run.length]!.covered * 2 >= run.length;
  if (isMostlyWords) explain(offset, run.length);
  for (let end = run.length; end > 0; end -= best[end]!.word || 1) {
    explain(offset + end - best[end]!.word, best[end]!.word);
  }
}

/**
 * The known words that occur in a text. The lists are loaded when they are needed and not kept as a set: most starts check no
 * secret, the others check one or two.
 */
function wordsIn(text: string): ReadonlySet<string> {
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- an import would load it at every start, import() later
  const load = () => require('@zxcvbn-ts/language-common') as typeof import('@zxcvbn-ts/language-common');
  const { dictionary } = load();
  const lists = [dictionary['diceware-common'], dictionary['passwords-common'], OWN_WORDS.split(' ')];
  const starts = new Set<number>();
  for (let at = 0; at + MIN_WORD <= text.length; at++) starts.add(startOf(text, at));
  const occurs = (word: string) =>
    word.length >= MIN_WORD && starts.has(startOf(word, 0)) && text.includes(word);
  return new Set(lists.flatMap((list) => list.filter(occurs)));
}

/** The four characters at a place, as a number: most words are ruled out by these. */
function startOf(text: string, at: number): number {
  let start = 0;
  for (let index = at; index < at + MIN_WORD; index++) start = start * 128 + (text.charCodeAt(index) & 127);
  return start;
}

/** Lower case, upper case, or capitalised: the usual case of words, but not of random texts. */
function isOneCase(token: string): boolean {
  return /^\p{L}?\p{Ll}*$/u.test(token) || /^\p{Lu}*$/u.test(token);
}

/** Characters that follow each other in the alphabet or on the keyboard, or repeat. */
function* sequences(text: string) {
  let index = 0;
  for (let end = 1; end <= text.length; end++) {
    if (end < text.length && continues(text, index, end)) continue;
    if (end - index >= MIN_SEQUENCE) yield { index, length: end - index };
    index = end - index > 1 ? end - 1 : end;
    if (index === end - 1 && end < text.length && !continues(text, index, end)) index = end;
  }
}

/** Whether the character at `end` continues the sequence that starts at `start`. */
function continues(text: string, start: number, end: number): boolean {
  const step = stepOf(text, end);
  return step !== undefined && (end - start === 1 || step === stepOf(text, start + 1));
}

function stepOf(text: string, at: number): string | undefined {
  const difference = text.charCodeAt(at) - text.charCodeAt(at - 1);
  if (Math.abs(difference) <= 1) return `alphabet ${difference}`;
  const pair = text.slice(at - 1, at + 1);
  if (KEYBOARD_ROWS.some((row) => row.includes(pair))) return 'row forwards';
  const reversed = `${pair[1]}${pair[0]}`;
  return KEYBOARD_ROWS.some((row) => row.includes(reversed)) ? 'row backwards' : undefined;
}

/** Parts that occurred before. */
function* repeats(text: string) {
  for (let index = 1; index + MIN_REPEAT <= text.length; index++) {
    let length = 0;
    const isBefore = (size: number) => text.lastIndexOf(text.slice(index, index + size), index - 1) >= 0;
    while (index + length < text.length && isBefore(length + 1)) length++;
    if (length >= MIN_REPEAT) yield { index, length };
  }
}

/** The total size of the character classes in a text. */
function poolOf(text: string): number {
  if (/^([0-9a-f]*|[0-9A-F]*)$/.test(text)) return /[a-f]/i.test(text) ? 16 : 10;
  const kinds: [RegExp, number][] = [
    [/[a-z]/, 26],
    [/[A-Z]/, 26],
    [/[0-9]/, 10],
    [/[^a-zA-Z0-9]/, 33],
  ];
  return kinds.reduce((sum, [kind, size]) => sum + (kind.test(text) ? size : 0), 0) || 1;
}
