import { byId } from './dom.js';

const WRONG = 'That is not the token of this host';

/** Asks for the token, and trades it for a cookie that no script can read. */
export function askForToken(onEntered: () => void): void {
  const form = byId<HTMLFormElement>('session');
  const token = byId<HTMLInputElement>('token');
  setLocked(true);
  token.focus();
  form.onsubmit = (event) => {
    event.preventDefault();
    void problemWith(token.value).then((problem) => {
      byId('session-problem').textContent = problem ?? '';
      if (problem !== null) return;
      token.value = '';
      setLocked(false);
      onEntered();
    });
  };
}

/** Whether the form stands in the place of what only those may see who have the token. */
export function setLocked(isLocked: boolean): void {
  byId('session').hidden = !isLocked;
  byId('host').hidden = isLocked;
}

/** Null when the host takes the token. */
async function problemWith(token: string): Promise<string | null> {
  const headers = headersWith(token);
  if (headers === null) return WRONG;
  try {
    const { ok } = await fetch('session', { method: 'POST', headers });
    return ok ? null : WRONG;
  } catch {
    return 'The host does not answer';
  }
}

/** Null when no header can have the token, so that no host can demand it. */
function headersWith(token: string): Headers | null {
  try {
    return new Headers({ authorization: `Bearer ${token}` });
  } catch {
    return null;
  }
}
