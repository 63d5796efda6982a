// Runs each scenario of a file and prints the frames of its failure as JSON: node stacks.mjs FILE

import { pathToFileURL } from 'node:url'

Error.stackTraceLimit = 50
const file = pathToFileURL(process.argv[2])
await import(file.href)
const failures = {}
for (const [name, run] of Object.entries(globalThis.scenarios)) {
  try {
    await run()
  } catch (error) {
    failures[name] = frames(error.stack, new URL('.', file).href)
  }
}
console.log(JSON.stringify(failures))

/** The frames in files of the program, innermost first. */
function frames(stack, directory) {
  return stack.split('\n').flatMap((text) => {
    const frame = /^ +at (?:async )?(?:(.*) \()?(.*):(\d+):(\d+)\)?$/.exec(text)
    if (!frame || !frame[2].startsWith(directory)) {
      return []
    }
    const [, called, url, line, column] = frame
    return [{ function: called ?? null, file: url.slice(directory.length), line: Number(line), column: Number(column) }]
  })
}
