/** The body of a request as an object. */
export function readBody(request) {
  if (request.headers['content-type'] !== 'application/json') return {};
  return JSON.parse(request.body);
}
