import { byId } from './dom.js';

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
  try {
    const headers = { authorization: `Bearer ${token}` };
    const { ok } = await fetch('/session', { method: 'POST', headers });
    return ok ? null : 'That is not the token of this host';
  } catch {
    return 'The host does not answer';
  }
}
