/** What the page shows beside its form. */
interface PageState {
  /** Ties the form to the browser that was given it. */
  readonly csrfToken: string;
  readonly message?: string | undefined;
}

/** Name and password. */
export function signInPage({ csrfToken, message, username = "" }: PageState & { username?: string }): string {
  return page(
    "Sign in",
    message,
    `<label>Username <input name="username" value="${escaped(username)}" autocomplete="username" required autofocus></label>
<label>Password <input name="password" type="password" autocomplete="current-password" required></label>
${hidden("_csrf", csrfToken)}
<button>Sign in</button>`,
  );
}

/** A password of their own, in place of the temporary one that was just given. */
export function newPasswordPage({
  csrfToken,
  message,
  username,
  session,
}: PageState & { username: string; session: string }): string {
  return page(
    "Choose a new password",
    message,
    `<label>New password <input name="new_password" type="password" autocomplete="new-password" required autofocus></label>
${hidden("username", username)}
${hidden("session", session)}
${hidden("_csrf", csrfToken)}
<button>Set the password</button>`,
  );
}

/** An error that nobody can be sent back with. */
export function errorPage(message: string): string {
  return page("An error was encountered with the requested page.", message, undefined);
}

/** The form is posted to where it came from, with the app's request in the query. */
function page(title: string, message: string | undefined, fields: string | undefined): string {
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>${escaped(title)}</title>
<style>body{font:16px system-ui;max-width:22rem;margin:4rem auto;padding:0 1rem}label,input,button{display:block;width:100%;box-sizing:border-box;margin:.5rem 0;font:inherit;padding:.3rem 0}p{color:#a00}</style>
<h1>${escaped(title)}</h1>
${message === undefined ? "" : `<p role="alert">${escaped(message)}</p>`}
${fields === undefined ? "" : `<form method="post">\n${fields}\n</form>`}
</html>
`;
}

function hidden(name: string, value: string): string {
  return `<input type="hidden" name="${name}" value="${escaped(value)}">`;
}

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ENTITIES[character] ?? "");
}
