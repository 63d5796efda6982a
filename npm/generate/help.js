// What --help says.

export const HELP = `Examples:
  npx mcp-autoheal generate https://shop.example/mcp --out shop.ts
  npx mcp-autoheal generate npx -y @modelcontextprotocol/server-everything --out everything.ts
  npx mcp-autoheal generate --out files.js -- node server.mjs --timeout 5

Commands:
  generate <url | command...>  write a module with a typed method for each tool of an MCP server

Options:
  --help, -h                   this help; of a command: mcp-autoheal generate --help
  --version                    the version of this package
`;

export const GENERATE_HELP = `Examples:
  npx mcp-autoheal generate https://shop.example/mcp --out shop.ts
  npx mcp-autoheal generate npx -y @modelcontextprotocol/server-everything --out everything.ts
  npx mcp-autoheal generate https://shop.example/mcp --header 'Authorization: Bearer …' --out shop.js
  npx mcp-autoheal generate --out files.js -- node server.mjs --timeout 5

Usage: mcp-autoheal generate [options] <url | command...>

Asks an MCP server for its tools and writes a module: a class that extends MCPClient of 'mcp-autoheal', with a method
per tool, argument types from the tools' JSON Schemas, result types where a tool has an output schema, and doc comments.
The server is an http(s) address, or a command that is started and spoken to over its stdin and stdout.

Options:
  --out FILE               where to write; its ending chooses the language: .ts or .mts TypeScript, .js or .mjs
                           JavaScript with a .d.ts or .d.mts beside it. Without it, TypeScript goes to stdout
  --name NAME              the class's name; by default from the server's name, as in ShopClient
  --header 'Name: value'   a header of every request to the address, as often as needed; its value is not written down
  --timeout MILLISECONDS   how long each answer of the server may take; by default 60000
  --force                  overwrite FILE even if it was not generated
  --help, -h               this help

Options may stand anywhere. A command with options of the same names goes last, after --.

Exit codes: 0 done, 1 failed, 2 the command line is wrong.
`;
