import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { ConfigurationError } from '../config/configuration-error';
import { readTextFile } from '../common/text-file';
import { CODES_IN_MAILS, MAIL_KINDS, type MailKind } from './mail-kind';
import {
  parseTemplate,
  render,
  type MailTemplate,
  type MailValues,
  type RenderedMail,
} from './mail-template';
import { SHIPPED_TEMPLATES } from './shipped-templates';

const SETTING = 'AUTH_MAIL_TEMPLATES';

/** The texts of the mails: the shipped ones, and in their place those of a folder. */
export class MailTemplates {
  private constructor(private readonly templates: Readonly<Record<MailKind, MailTemplate>>) {}

  /** Reads the folder, if one is given; throws a `ConfigurationError` that names each file with a fault. */
  static load(folder: string | undefined): MailTemplates {
    const files = folder === undefined ? [] : filesOf(folder);
    const faults: string[] = [];
    const known = new Set<string>(MAIL_KINDS.flatMap((kind) => [`${kind}.txt`, `${kind}.html`]));
    for (const file of files) {
      if (/\.(txt|html)$/.test(file) && !known.has(file))
        faults.push(`${SETTING}: ${file} is no mail of this service`);
    }
    const templates = Object.fromEntries(
      MAIL_KINDS.map((kind) => [kind, loadOne(kind, folder, files, faults)]),
    ) as Record<MailKind, MailTemplate>;
    if (faults.length > 0) throw new ConfigurationError(faults);
    return new MailTemplates(templates);
  }

  render(kind: MailKind, values: MailValues): RenderedMail {
    return render(this.templates[kind], values);
  }
}

function filesOf(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    throw new ConfigurationError([`${SETTING} must be a folder that this process can read`]);
  }
}

function loadOne(
  kind: MailKind,
  folder: string | undefined,
  files: readonly string[],
  faults: string[],
): MailTemplate | undefined {
  const read = (file: string) =>
    folder !== undefined && files.includes(file) ? readTextFile(join(folder, file)) : undefined;
  const [text, html] = [`${kind}.txt`, `${kind}.html`];
  try {
    return parseTemplate(read(text) ?? SHIPPED_TEMPLATES[kind], read(html), kind in CODES_IN_MAILS);
  } catch (error) {
    const file = [text, html].filter((name) => files.includes(name)).join(', ');
    const isReading = (error as NodeJS.ErrnoException).syscall !== undefined;
    faults.push(`${SETTING}: ${file} ${isReading ? 'cannot be read' : (error as Error).message}`);
    return undefined;
  }
}
