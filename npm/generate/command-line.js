// The command in the header of a generated file: ready to be pasted again, without its secrets.

import { visible } from './text.js';

const SECRET_NAME = /key|token|secret|passw|auth|credential|bearer|cookie|session/i;
const SECRET_VALUE = /^(sk|pk|rk|gh[pousr]|github_pat|glpat|xox[abprs]|AKIA|eyJ)[-_\w]*[-_.\w]{12,}$/;

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

/** Hides the values of query parameters and the user information before the host, because both may be secrets. */
function withoutValues(url) {
  const anonymous = url.replace(/^([a-z][a-z\d+.-]*:\/\/)[^/@]*@/i, '$1…@'); // such as the password of a database
  if (!/^https?:/i.test(anonymous)) return anonymous;
  return anonymous.replace(/\?[^#]*/, (query) => query.replace(/=[^&]*/g, '=…'));
}

function withoutSecrets(words) {
  return words.map((word, index) => {
    if (/^[a-z][a-z\d+.-]*:\/\//i.test(word)) return withoutValues(word);
    const [, name, value] = /^([^=]*)=(.*)$/s.exec(word) ?? [];
    if (value !== undefined)
      return SECRET_NAME.test(name) || SECRET_VALUE.test(value) ? `${name}=…` : `${name}=${withoutValues(value)}`;
    const previous = words[index - 1] ?? '';
    const isSecret = SECRET_VALUE.test(word) || (SECRET_NAME.test(previous) && /^-/.test(previous) && !/^-/.test(word));
    return isSecret ? '…' : word;
  });
}

function quoted(word) {
  const text = visible(word);
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
