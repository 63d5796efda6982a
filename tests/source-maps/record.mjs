// Records what the tests of crates/source-maps compare: for each bundler the bundle, its map, and the stack of each
// failure; and the stacks of the same failures in the sources, which are the truth. Run it with `npm run record`.

import { execFileSync } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import terser from '@rollup/plugin-terser'
import { build as esbuild } from 'esbuild'
import { rollup } from 'rollup'
import { build as vite } from 'vite'
import webpack from 'webpack'

const here = fileURLToPath(new URL('.', import.meta.url))
const program = join(here, 'program')
const entry = join(program, 'main.js')
const fixtures = join(here, '../../crates/source-maps/tests/fixtures')

const bundlers = {
  async esbuild(directory) {
    await esbuild({
      entryPoints: [entry], bundle: true, minify: true, sourcemap: true, format: 'iife', target: 'es2022',
      outfile: join(directory, 'bundle.js'), absWorkingDir: here,
    })
  },
  async rollup(directory) {
    const bundle = await rollup({ input: entry, plugins: [terser()] })
    await bundle.write({ file: join(directory, 'bundle.js'), format: 'iife', sourcemap: true })
  },
  async vite(directory) {
    await vite({
      root: here, configFile: false, logLevel: 'error',
      build: {
        sourcemap: true, outDir: directory, emptyOutDir: false, target: 'es2022', modulePreload: false,
        rollupOptions: { input: entry, output: { entryFileNames: 'bundle.js' } },
      },
    })
  },
  async webpack(directory) {
    await new Promise((resolve, reject) => {
      webpack({
        mode: 'production', context: here, entry, devtool: 'source-map', target: ['web', 'es2022'],
        output: { path: directory, filename: 'bundle.js' },
      }, (error, stats) => error || stats.hasErrors() ? reject(error ?? stats.toString()) : resolve())
    })
  },
}

rmSync(fixtures, { recursive: true, force: true })
const recorded = { sources: named(stacks(entry)), bundles: {} }
for (const [name, build] of Object.entries(bundlers)) {
  const directory = join(fixtures, name)
  mkdirSync(directory, { recursive: true })
  await build(directory)
  const code = join(directory, 'bundle.js')
  // a package.json elsewhere must not decide how Node reads the bundle
  writeFileSync(join(directory, 'bundle.mjs'), readFileSync(code))
  recorded.bundles[name] = stacks(join(directory, 'bundle.mjs'))
  rmSync(join(directory, 'bundle.mjs'))
  console.log(name, readdirSync(directory).join(' '))
}
writeFileSync(join(fixtures, 'stacks.json'), JSON.stringify(recorded, null, 1) + '\n')

/** Names the anonymous frames: `// in NAME` on their line names the function around them. */
function named(failures) {
  for (const frame of Object.values(failures).flat()) {
    const line = readFileSync(join(program, frame.file), 'utf8').split('\n')[frame.line - 1]
    frame.function ??= /\/\/ in (\w+)$/.exec(line)?.[1] ?? null
  }
  return failures
}

function stacks(file) {
  return JSON.parse(execFileSync(process.execPath, [join(here, 'stacks.mjs'), file], { encoding: 'utf8' }))
}
