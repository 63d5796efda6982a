// The command as the generated file's header tells it: to be pasted again, without the secrets it held.

import { visible } from './text.js';

const SECRET = /key|token|secret|passw|auth|credential|bearer|cookie|session/i;
const KNOWN_SECRET = /^(sk|pk|rk|gh[pousr]|github_pat|glpat|xox[abprs]|AKIA|eyJ)[-_\w]*[-_.\w]{12,}$/;

export function commandLine({ target, out, name, headers }) {
  const words = ['npx', 'mcp-autoheal', 'generate'];
  const options = [];
  if (out !== undefined) options.push('--out', out);
  if (name !== undefined) options.push('--name', name);
  for (const [header] of headers) options.push('--header', `${header}: …`);
  if (target.url !== undefined) words.push(withoutValues(target.url), ...options);
  else words.push(...options, '--', ...withoutSecrets(target.command));
  return words.map(quoted).join(' ');
}

/** An address's parameters may be keys, their names stay; so may what stands before its host. */
function withoutValues(url) {
  const whole = url.replace(/^([a-z][a-z\d+.-]*:\/\/)[^/@]*@/i, '$1…@'); // a database's password, say
  return /^https?:/i.test(whole) ? whole.replace(/\?[^#]*/, (query) => query.replace(/=[^&]*/g, '=…')) : whole;
}

function withoutSecrets(words) {
  return words.map((word, place) => {
    if (/^[a-z][a-z\d+.-]*:\/\//i.test(word)) return withoutValues(word);
    const [, name, value] = /^([^=]*)=(.*)$/s.exec(word) ?? [];
    if (value !== undefined)
      return SECRET.test(name) || KNOWN_SECRET.test(value) ? `${name}=…` : `${name}=${withoutValues(value)}`;
    const before = words[place - 1] ?? '';
    const isSecret = KNOWN_SECRET.test(word) || (SECRET.test(before) && /^-/.test(before) && !/^-/.test(word));
    return isSecret ? '…' : word;
  });
}

function quoted(word) {
  const shown = visible(word);
  return /^[\w@%+=:,./-]+$/.test(shown) ? shown : `'${shown.replaceAll("'", "'\\''")}'`;
}
