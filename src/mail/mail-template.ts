/** What can stand between `{{` and `}}`. */
const NAMES = ['name', 'address', 'code', 'link', 'lifetime', 'time', 'device', 'ip', 'change'] as const;

/** The name of a value in a template. */
export type ValueName = (typeof NAMES)[number];

/** The values of one mail. */
export type MailValues = Readonly<Partial<Record<ValueName, string>>>;

/** A mail as it is read by people. */
export interface RenderedMail {
  readonly subject: string;
  readonly text: string;
  readonly html: string;
}

/** A template that has been checked. */
export interface MailTemplate {
  readonly subject: string;
  readonly text: string;
  /** Undefined: made from the text. */
  readonly html: string | undefined;
}

const SUBJECT = /^Subject: (\S.{0,150})\r?\n\r?\n/;
const PLACEHOLDER = /\{\{\s*(\w+)\s*\}\}/g;
/** What we have made ourselves: it may be a link, and goes as it is. */
const OURS = new Set<string>(['code', 'link', 'lifetime']);

/**
 * Checks the texts of a template; throws an Error that says what is wrong.
 *
 * @param hasCode whether the mail is for a code, and so has to hold it
 */
export function parseTemplate(text: string, html: string | undefined, hasCode: boolean): MailTemplate {
  const [head, subject] = SUBJECT.exec(text) ?? [];
  if (head === undefined || subject === undefined) {
    throw new Error('must begin with "Subject: …" and an empty line');
  }
  const body = text.slice(head.length).trim();
  if (body === '') throw new Error('has no text');
  if (subject.includes('{{')) throw new Error('must have a subject without values');
  for (const part of html === undefined ? [body] : [body, html]) checkPart(part, hasCode);
  return { subject, text: body, html };
}

/** Fills a template in. What users wrote is text in both parts: no markup, and no link (R94). */
export function render({ subject, text, html }: MailTemplate, values: MailValues): RenderedMail {
  const filled = fill(text, (name) => plain(name, values));
  return {
    subject,
    text: `${filled}\n`,
    html:
      html === undefined
        ? page(subject, paragraphs(text, values))
        : fill(html, (name) => marked(name, values)),
  };
}

function checkPart(text: string, hasCode: boolean): void {
  if (hasCode && !/\{\{\s*(code|link)\s*\}\}/.test(text)) throw new Error('must hold {{code}} or {{link}}');
  for (const [, name = ''] of text.matchAll(PLACEHOLDER)) {
    if (!(NAMES as readonly string[]).includes(name)) {
      throw new Error(`must hold no value but ${NAMES.map((each) => `{{${each}}}`).join(', ')}`);
    }
  }
  if (/\{\{|\}\}/.test(text.replaceAll(PLACEHOLDER, '')))
    throw new Error('has {{ or }} that belong to no value');
}

function fill(text: string, valueOf: (name: string) => string): string {
  return text.replaceAll(PLACEHOLDER, (_all, name: string) => valueOf(name));
}

/** A value on one line, which turns no text around; programs that show mails make links of what looks like one. */
function plain(name: string, values: MailValues): string {
  const value = values[name as ValueName] ?? '';
  if (OURS.has(name)) return value;
  const line = value.replaceAll(/\p{Bidi_Control}/gu, '').replaceAll(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ');
  return line.replaceAll('://', ': //');
}

function marked(name: string, values: MailValues): string {
  return escapeHtml(plain(name, values));
}

/** Escapes a text for elements and quoted attributes. */
export function escapeHtml(text: string): string {
  const entities: Readonly<Record<string, string>> = {
    '&': '&amp;',
    '<': '&lt;',
    '>': '&gt;',
    '"': '&quot;',
    "'": '&#39;',
  };
  return text.replaceAll(/[&<>"']/g, (character) => entities[character] ?? '');
}

function paragraphs(text: string, values: MailValues): string {
  return text
    .split(/\r?\n\s*\r?\n/)
    .map((paragraph) => {
      const only = /^\{\{\s*(link|code)\s*\}\}$/.exec(paragraph.trim())?.[1];
      const html = fill(escapeHtml(paragraph.trim()).replaceAll(/\r?\n/g, '<br>\n'), (name) =>
        name === 'name' ? `<bdi>${marked(name, values)}</bdi>` : marked(name, values),
      );
      if (only === 'link') return `<p><a href="${html}">${html}</a></p>`;
      return only === 'code'
        ? `<p style="font-family:monospace;font-size:1.2em">${html}</p>`
        : `<p>${html}</p>`;
    })
    .join('\n');
}

function page(title: string, body: string): string {
  return `<!DOCTYPE html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${escapeHtml(title)}</title></head>
<body style="font-family:sans-serif;line-height:1.5;max-width:36em;margin:1em auto;padding:0 1em">
${body}
</body>
</html>
`;
}
