import type { MigrationInterface, QueryRunner } from 'typeorm';
import { pinSearchPath } from './pin-search-path';
import { foldsWithin, type Folds } from './unicode-case-folding';

/** The white space of Unicode, as a class of PostgreSQL's regular expressions; control characters are in no name. */
const SPACES = '[ \\u00a0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000]+';
const FUNCTIONS = ['name_tail(text, integer)', 'set_name_key()', 'fold_text(text)'];
const LOWER = 'lower(value COLLATE "C")'; // of ASCII alone

type Range = readonly [first: number, last: number];
/**
 * Scripts, beside ASCII, with their ranges: translate() compares each character with all of its table, so the many names of
 * one script get a small one.
 */
const SCRIPTS: readonly (readonly Range[])[] = [
  [[0xa0, 0xff]], // Western European
  [[0xa0, 0x17f]],
  [[0x400, 0x45f]], // Cyrillic
  [[0x370, 0x3ff]], // Greek
  [
    [0xa0, 0x24f],
    [0x1e00, 0x1eff],
  ], // Latin, with Vietnamese
];
const ALL = foldsWithin([0x80, 0x10ffff]);

/**
 * `users.name_key`: the name without case, by Unicode whatever the locale of the database, for the order by name;
 * `users.name_words`: the same with one space between words, for the search by the beginning of a word. A trigger keeps them,
 * so that SQL by hand and the release before keep them too; those of rows which stand are set by the next migration. What is
 * longer than 600 characters, three times the longest name that the API takes, does not fit into an index.
 */
export class FoldNames1765100000000 implements MigrationInterface {
  readonly name = 'FoldNames1765100000000';

  async up(queryRunner: QueryRunner): Promise<void> {
    await this.createFold(queryRunner);
    await queryRunner.query(`
      CREATE FUNCTION name_tail(name_words text, word integer) RETURNS text
      LANGUAGE sql IMMUTABLE PARALLEL SAFE
      RETURN left(CASE word WHEN 1 THEN name_words
        ELSE substring(name_words COLLATE "C" FROM '^(?:[^ ]+ ){' || (word - 1) || '}(.+)$') END, 60)`);
    await queryRunner.query(`ALTER TABLE users ADD COLUMN name_key text, ADD COLUMN name_words text`);
    await queryRunner.query(`
      CREATE FUNCTION set_name_key() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        NEW.name_key := left(fold_text(NEW.name), 600);
        NEW.name_words := CASE WHEN NEW.name_key COLLATE "C" ~ '^ | $|  |[^ -~]'
          THEN btrim(regexp_replace(NEW.name_key COLLATE "C", '${SPACES}', ' ', 'g')) ELSE NEW.name_key END;
        RETURN NEW;
      END $$`);
    await pinSearchPath(queryRunner, 'set_name_key()');
    await queryRunner.query(`
      CREATE TRIGGER tr_users_name_key BEFORE INSERT OR UPDATE OF name, name_key, name_words ON users FOR EACH ROW
      EXECUTE FUNCTION set_name_key()`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`DROP TRIGGER tr_users_name_key ON users`);
    await queryRunner.query(`ALTER TABLE users DROP COLUMN name_words, DROP COLUMN name_key`);
    for (const signature of FUNCTIONS) await queryRunner.query(`DROP FUNCTION ${signature}`);
  }

  /** In a database of another encoding than UTF-8, which cannot hold the tables, letters of ASCII alone are folded. */
  private async createFold(queryRunner: QueryRunner): Promise<void> {
    const [{ encoding } = { encoding: '' }] = (await queryRunner.query(
      'SELECT pg_encoding_to_char(encoding) AS encoding FROM pg_database WHERE datname = current_database()',
    )) as { encoding: string }[];
    await queryRunner.query(`
      CREATE FUNCTION fold_text(value text) RETURNS text
      LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN ${encoding === 'UTF8' ? foldByScript() : LOWER}`);
  }
}

function foldByScript(): string {
  const foldable = classOf(ALL);
  const ways = SCRIPTS.map((ranges) => {
    const inside = ranges.map(([first, last]) => `${character(first)}-${character(last)}`).join('');
    return `WHEN value COLLATE "C" !~ '[^ -~${inside}]' THEN ${folded(foldsWithin(...ranges))}`;
  });
  return `CASE
    WHEN octet_length(value) = char_length(value) OR value COLLATE "C" !~ '[${foldable}]' THEN ${LOWER}
    ${ways.join('\n    ')}
    ELSE ${folded(ALL)} END`;
}

function folded({ from, to, several }: Folds): string {
  const expanded = several.reduce((sql, one) => `replace(${sql}, '${one.from}', '${one.to}')`, LOWER);
  return `translate(${expanded}, '${from}', '${to}')`;
}

function classOf({ from, several }: Folds): string {
  return from + several.map((one) => one.from).join('');
}

/** As PostgreSQL's regular expressions write it. */
function character(point: number): string {
  return `\\u${point.toString(16).padStart(4, '0')}`;
}
