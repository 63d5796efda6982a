// Failing commands of build tools, compilers and other tools: two or more faults of each. `NUMBER` differs between runs.

const C = 'int price(int n) { return n; }\n';
const makefile = (recipe) => `all: cart.o\n\ncart.o: cart.c\n\t${recipe}\n`;
const GCC = makefile('gcc -c cart.c -o cart.o');
const TERRAFORM = { command: ['terraform', 'validate', '-no-color'] };

/** The commands by their labels, with the files that they need. */
export const TOOLS = {
  'make/undeclared': { command: ['make'], files: { Makefile: GCC, 'cart.c': `${C}int main(void) { return q; }\n` } },
  'make/header': { command: ['make'], files: { Makefile: GCC, 'cart.c': `#include "stock.h"\n${C}` } },
  'make/semicolon': { command: ['make'], files: { Makefile: GCC, 'cart.c': `${C}int main(void) { return 0 }\n` } },
  'make/no_rule': { command: ['make', 'deploy'], files: { Makefile: GCC, 'cart.c': C } },
  'make/recipe': { command: ['make'], files: { Makefile: makefile('exit 3'), 'cart.c': C } },
  'gcc/link': { command: ['gcc', 'a.c'], files: { 'a.c': 'int stock(void);\nint main(void) { return stock(); }\n' } },
  'gcc/type': { command: ['g++', 'a.cpp'], files: { 'a.cpp': 'int main() { int price = "x"; return price; }\n' } },
  'gcc/no_file': { command: ['gcc', 'none.c'] },
  'javac/type': { command: ['javac', 'A.java'], files: { 'A.java': 'class A { int price = "x"; }\n' } },
  'javac/symbol': { command: ['javac', 'A.java'], files: { 'A.java': 'class A { int price = stock; }\n' } },
  'rustc/type': { command: ['rustc', 'a.rs'], files: { 'a.rs': 'fn main() { let _price: u32 = "x"; }\n' } },
  'rustc/moved': {
    command: ['rustc', 'a.rs'],
    files: { 'a.rs': 'fn main() { let a = String::new(); drop(a); println!("{a}"); }\n' },
  },
  'rustc/name': { command: ['rustc', 'a.rs'], files: { 'a.rs': 'fn main() { println!("{}", price); }\n' } },
  'cargo/no_manifest': { command: ['cargo', 'build'] },
  'cargo/command': { command: ['cargo', 'biuld'] },
  'git/no_repository': { command: ['git', 'log'] },
  'git/no_remote': { command: ['git', 'clone', '-q', './none-NUMBER'] },
  'git/option': { command: ['git', '--nope'] },
  'docker/flag': { command: ['docker', 'run', '--nope'] },
  'docker/daemon': { command: ['docker', '-H', 'tcp://127.0.0.1:1', 'ps'] },
  'kubectl/refused': { command: ['kubectl', '-s', 'http://127.0.0.1:1', 'get', 'pods', '-n', 'shop-NUMBER'] },
  'kubectl/command': { command: ['kubectl', 'nope'] },
  'terraform/reference': { ...TERRAFORM, files: { 'main.tf': 'locals {\n  a = price\n}\n' } },
  'terraform/block': { ...TERRAFORM, files: { 'main.tf': 'resource "x" {\n}\n' } },
  'terraform/argument': { ...TERRAFORM, files: { 'main.tf': 'variable "price" {\n  kind = "x"\n}\n' } },
  'curl/refused': { command: ['curl', '-sS', 'http://127.0.0.1:1/orders/NUMBER'] },
  'curl/host': { command: ['curl', '-sS', 'http://shop.invalid/orders/NUMBER'] },
  'curl/option': { command: ['curl', '--nope'] },
  'npm/script': { command: ['npm', 'run', 'biuld'], files: { 'package.json': '{"name": "shop"}' } },
  'npm/no_package': { command: ['npm', 'test'] },
  'npm/json': { command: ['npm', 'test'], files: { 'package.json': '{"name": ' } },
  'pip/command': { command: ['pip', 'instal'] },
  'pip/no_file': { command: ['pip', 'install', '-r', 'none.txt'] },
  'tsc/type': {
    command: ['tsc', '--noEmit', 'a.ts'],
    files: { 'a.ts': 'export const price: number = "x";\n' },
  },
  'tsc/name': {
    command: ['tsc', '--noEmit', 'a.ts'],
    files: { 'a.ts': 'export const price = stock + 1;\n' },
  },
  'node/syntax': { command: ['node', 'a.mjs'], files: { 'a.mjs': 'const price = ;\n' } },
  'node/no_file': { command: ['node', 'none.mjs'] },
  'node/import': { command: ['node', 'a.mjs'], files: { 'a.mjs': "import { price } from './b.mjs';\n", 'b.mjs': '\n' } },
  'node/test_price': {
    needs: 'node',
    command: ['node', '--test'],
    files: {
      'a.test.mjs':
        "import test from 'node:test';\nimport assert from 'node:assert';\ntest('price', () => assert.equal(1, 2));\n",
    },
  },
  'node/test_stock': {
    needs: 'node',
    command: ['node', '--test'],
    files: {
      'a.test.mjs': "import test from 'node:test';\ntest('stock', () => { throw new RangeError('no stock'); });\n",
    },
  },
  'python/syntax': { command: ['python3', 'a.py'], files: { 'a.py': 'def price(:\n    pass\n' } },
  'python/indentation': { command: ['python3', 'a.py'], files: { 'a.py': 'def price():\nreturn 1\n' } },
  'python/no_file': { command: ['python3', 'none.py'] },
  'python/no_module': { command: ['python3', '-m', 'shop_nowhere'] },
  'python/usage': {
    command: ['python3', 'a.py', '--rows', 'xNUMBER'],
    files: { 'a.py': "import argparse\np = argparse.ArgumentParser()\np.add_argument('--rows', type=int)\np.parse_args()\n" },
  },
  'python/required': {
    command: ['python3', 'a.py'],
    files: { 'a.py': "import argparse\np = argparse.ArgumentParser()\np.add_argument('file')\np.parse_args()\n" },
  },
  'unittest/price': {
    command: ['python3', '-m', 'unittest', '-q', 'a_test'],
    files: {
      'a_test.py':
        'import unittest\nclass CartTest(unittest.TestCase):\n    def test_price(self):\n        self.assertEqual(27, 30)\n',
    },
  },
  'unittest/stock': {
    command: ['python3', '-m', 'unittest', '-q', 'a_test'],
    files: {
      'a_test.py':
        'import unittest\nclass CartTest(unittest.TestCase):\n    def test_stock(self):\n        {}["pot"]\n',
    },
  },
  'bash/syntax': { command: ['bash', 'a.sh'], files: { 'a.sh': 'if true; then\n  echo a\n' } },
  'bash/no_file': { command: ['bash', 'none.sh'] },
  'perl/syntax': { command: ['perl', 'a.pl'], files: { 'a.pl': 'my $price = ;\n' } },
  'tar/no_file': { command: ['tar', 'xf', 'none-NUMBER.tar'] },
  'jq/syntax': { command: ['jq', '.price', 'a.json'], files: { 'a.json': '{"price": \n' } },
  'jq/filter': { command: ['jq', '.price |', 'a.json'], files: { 'a.json': '{}\n' } },
  'openssl/no_file': { command: ['openssl', 'x509', '-in', 'none.pem'] },
  'openssl/no_certificate': { command: ['openssl', 'x509', '-in', 'a.pem'], files: { 'a.pem': 'NUMBER\n' } },
  'psql/refused': { command: ['psql', '-h', '127.0.0.1', '-p', '1', '-U', 'shop'] },
  'awk/syntax': { command: ['awk', '{ print ', 'a.txt'], files: { 'a.txt': 'x\n' } },
  'sed/command': { command: ['sed', 'y/a/', 'a.txt'], files: { 'a.txt': 'x\n' } },
};
