// What a report says about a value that was thrown, rejected with, or passed to `report()`. It may be no error, or an
// error of another realm, and reading it may throw.

import { cut } from './limits.js';
import { plain } from './plain.js';
import { attempted, classOf, isName, isObject, isText, listOf, read, textOf } from './type-checks.js';

/** Maximum number of causes in a report. */
const MAX_CAUSES = 10;
/** Maximum number of names in a shape. */
const MAX_NAMES = 20;
/** Members of an error that have another place in the report. */
const PLACED = /^(name|message|stack|cause|errors)$/;
/** Members that hold headers, at any depth. */
const LEFT_OUT = /^(config|request|headers)$/;

/** Members of a report's draft, and `value`: the error itself where an event has one. */
export function describe(thrown) {
  let value = thrown;
  let place = '';
  if (/Event$/.test(classOf(thrown))) {
    attempted(() => {
      const { error, reason, detail, target, filename, lineno, colno } = thrown;
      value = [error, reason, detail?.reason, target?.error].find(isObject) ?? (error || thrown);
      if (filename) place = `    at ${filename}:${lineno}:${colno}`;
    });
  }
  const message = read(value, 'message');
  const isError = isText(message) || !isObject(value);
  const text = isText(message) ? message : isError ? textOf(value) : shapeOf(isObject(message) ? message : value);
  const kind = isError ? 'Error' : read(read(value, 'constructor'), 'name');
  const name = cut([read(value, 'name'), kind, 'Object'].find(isName));
  const stack = stackOf(value) || place;
  return {
    value,
    error_type: name,
    error_message: text || name,
    stack_trace: stack.includes(text) ? stack : headed(name, text, stack),
    causes: [read(value, 'cause'), ...(attempted(() => listOf(value.errors).slice(0, MAX_CAUSES)) ?? [])],
  };
}

/** The members of an error beside its message and stack, or of what was thrown in place of one; undefined if none. */
export function ownMembers(value) {
  const members = isObject(value) ? plain(value, LEFT_OUT, PLACED) : '';
  return Object.keys(members).length ? members : undefined;
}

/** The errors, their chains of causes, and the errors of every AggregateError among them, outermost first. */
export function causesOf(errors) {
  const described = [];
  // Grows while the loop runs, and has each error once.
  const queue = new Set(errors);
  for (const error of queue) {
    if (error == null || described.length === MAX_CAUSES) continue;
    const { error_type, error_message, stack_trace, causes } = describe(error);
    described.push({ error_type, error_message: cut(error_message), stack_trace: cut(stack_trace) });
    for (const cause of causes) queue.add(cause);
  }
  return described.length ? described : undefined;
}

/** The names of the members, because errors are grouped by their message, and the values may differ each time. */
function shapeOf(value) {
  // A list may be large, and its text is made of all its members.
  const isList = attempted(() => Array.isArray(value));
  const text = isList ? '' : textOf(value);
  // an own `toString`
  if (!/^(\[object|$)/.test(text)) return text;
  if (/^(Object|Array)$/.test(classOf(value))) {
    const names = attempted(() => Object.keys(isList ? value.slice(0, MAX_NAMES) : value)) ?? [];
    return `{${names.slice(0, MAX_NAMES).sort().join(', ')}}`;
  }
  const status = read(value, 'status');
  return status ? `HTTP ${status}` : textOf(read(value, 'type') ?? '');
}

/** The stack as text. `Error.prepareStackTrace` may make it a list of call sites, or anything else. */
export function stackOf(value) {
  const stack = read(value, 'stack');
  return isText(stack) ? stack : listOf(stack).map((site) => `    at ${textOf(site)}`).join('\n');
}

/** A stack with a heading above its frames. */
export const headed = (name, message, frames) => `${name}: ${message}\n${frames}`.trimEnd();
