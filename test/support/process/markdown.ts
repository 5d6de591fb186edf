import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { ROOT } from './program';

/** A fenced block of a Markdown page. */
export interface Block {
  /** Path of the page, from the root of the project. */
  readonly page: string;
  /** Line of the fence, from 1. */
  readonly line: number;
  readonly language: string;
  readonly text: string;
  /** The text of an HTML comment on the line above the fence. */
  readonly mark: string | undefined;
}

/** The README and every page under `docs/`, as paths from the root of the project. */
export function pages(): string[] {
  const docs = readdirSync(join(ROOT, 'docs'), { recursive: true, encoding: 'utf8' });
  return [
    'README.md',
    ...docs.filter((name) => name.endsWith('.md')).map((name) => join('docs', name)),
  ].sort();
}

/** The fenced blocks of a page, in order. */
export function blocksOf(page: string): Block[] {
  const lines = readFileSync(join(ROOT, page), 'utf8').split('\n');
  const blocks: Block[] = [];
  for (let at = 0; at < lines.length; at++) {
    const [, indent = '', language = ''] = /^( *)```(\w*)$/.exec(lines[at] ?? '') ?? [];
    if (!lines[at]?.trimStart().startsWith('```')) continue;
    const end = lines.indexOf(`${indent}\`\`\``, at + 1);
    const above = lines.slice(0, at).findLast((line) => line.trim() !== '');
    blocks.push({
      page: relative(ROOT, join(ROOT, page)),
      line: at + 1,
      language,
      text: lines
        .slice(at + 1, end)
        .map((line) => line.slice(indent.length))
        .join('\n'),
      mark: /^ *<!-- (.*) -->$/.exec(above ?? '')?.[1],
    });
    at = end;
  }
  return blocks;
}
