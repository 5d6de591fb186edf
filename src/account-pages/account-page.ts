import { escapeHtml } from '../mail/mail-template';

/** A page with one form. */
export interface FormPage {
  readonly title: string;
  readonly intro: string;
  readonly button: string;
  /** Whether it asks for a new password. */
  readonly setsPassword: boolean;
}

/** The pages by their last part of the path. */
export const FORM_PAGES = {
  verify: {
    title: 'Verify your e-mail address',
    intro: 'Press the button to verify that this address is yours.',
    button: 'Verify address',
    setsPassword: false,
  },
  reset: {
    title: 'Reset your password',
    intro: 'Choose a new password. All sessions end, also on your other devices.',
    button: 'Set password',
    setsPassword: true,
  },
  activate: {
    title: 'Activate your account',
    intro: 'Choose the password of your account.',
    button: 'Activate account',
    setsPassword: true,
  },
  email: {
    title: 'Change of your e-mail address',
    intro: 'Press the button to confirm what the message to you says.',
    button: 'Confirm',
    setsPassword: false,
  },
} as const satisfies Record<string, FormPage>;

/** The name of a page. */
export type PageName = keyof typeof FORM_PAGES;

/**
 * The form, with what was typed before and what was wrong with it. Its answer has another address than the link: a link of
 * another mail that is opened in its place loads the page anew.
 */
export function formHtml(
  name: PageName,
  { code = '', fault }: { code?: string; fault?: string } = {},
): string {
  const { title, intro, button, setsPassword }: FormPage = FORM_PAGES[name];
  const alert =
    fault === undefined ? '' : `<p class="fault" role="alert" id="fault">${escapeHtml(fault)}</p>`;
  const described = fault === undefined ? '' : ' aria-describedby="fault"';
  const password = setsPassword
    ? `<label for="password">New password</label>
<input id="password" name="password" type="password" autocomplete="new-password" maxlength="256" required${described}>`
    : '';
  return page(
    title,
    `<p>${escapeHtml(intro)}</p>
${alert}
<form method="post" action="${name}?sent">
<label for="code">Code from the message</label>
<input id="code" name="code" type="text" value="${escapeHtml(code)}" autocomplete="one-time-code" autocapitalize="characters" spellcheck="false" maxlength="100" required${described}>
${password}
<button type="submit">${escapeHtml(button)}</button>
</form>`,
  );
}

/** What was done. */
export function doneHtml(title: string, text: string): string {
  return page(title, `<p role="status">${escapeHtml(text)}</p>`);
}

/** Addresses are relative: the service may be behind a path. */
function page(title: string, content: string): string {
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>${escapeHtml(title)}</title>
<link rel="stylesheet" href="style.css">
<script src="code.js" defer></script>
</head>
<body>
<main>
<h1>${escapeHtml(title)}</h1>
${content}
</main>
</body>
</html>
`;
}

/** Takes the code of the link, and removes it from the address: it belongs into no history. It sends nothing. */
export const SCRIPT = `'use strict';
function take() {
  const field = document.getElementById('code');
  const found = /^#code=([A-Za-z2-7-]{26,100})$/.exec(location.hash);
  if (field && found) field.value = found[1];
  if (location.hash) history.replaceState(null, '', location.pathname + location.search);
}
take();
addEventListener('hashchange', take);
`;

export const STYLE = `:root { color-scheme: light dark; --text: #1a1c1e; --back: #f6f7f8; --card: #fff; --line: #6b7177; --act: #0b57d0; --on-act: #fff; --fault: #a3150f; }
@media (prefers-color-scheme: dark) {
  :root { --text: #e6e8ea; --back: #131517; --card: #1d2023; --line: #8b9198; --act: #a8c7fa; --on-act: #062e6f; --fault: #ffb4ab; }
}
* { box-sizing: border-box; }
body { margin: 0; padding: 1rem; color: var(--text); background: var(--back); font: 1rem/1.5 system-ui, sans-serif; }
main { max-width: 28rem; margin: 2rem auto; padding: 1.5rem; background: var(--card); border: 1px solid var(--line); border-radius: 0.5rem; overflow-wrap: anywhere; }
h1 { margin: 0 0 1rem; font-size: 1.5rem; line-height: 1.25; }
label { display: block; margin: 1rem 0 0.25rem; font-weight: 600; }
input { width: 100%; padding: 0.625rem; color: inherit; background: transparent; border: 1px solid var(--line); border-radius: 0.25rem; font: inherit; }
#code { font-family: ui-monospace, monospace; }
button { width: 100%; margin-top: 1.5rem; padding: 0.75rem; color: var(--on-act); background: var(--act); border: 0; border-radius: 0.25rem; font: inherit; font-weight: 600; cursor: pointer; }
:focus-visible { outline: 3px solid var(--act); outline-offset: 2px; }
.fault { margin: 1rem 0; padding: 0.5rem 0.75rem; color: var(--fault); border-left: 4px solid var(--fault); }
`;
