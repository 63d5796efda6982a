// The texts of --help.

export const HELP = `Examples:
  npx mcp-autoheal generate https://shop.example/mcp --out shop.ts
  npx mcp-autoheal generate npx -y @modelcontextprotocol/server-everything --out everything.ts
  npx mcp-autoheal generate --out files.js -- node server.mjs --timeout 5

Commands:
  generate <url | command...>  write a module with a typed method for each tool of an MCP server

Options:
  --help, -h                   print this help; for a command: mcp-autoheal generate --help
  --version                    print the version of this package
`;

export const GENERATE_HELP = `Examples:
  npx mcp-autoheal generate https://shop.example/mcp --out shop.ts
  npx mcp-autoheal generate npx -y @modelcontextprotocol/server-everything --out everything.ts
  npx mcp-autoheal generate https://shop.example/mcp --header 'Authorization: Bearer …' --out shop.js
  npx mcp-autoheal generate --out files.js -- node server.mjs --timeout 5

Usage: mcp-autoheal generate [options] <url | command...>

Requests the tools of an MCP server and writes a module: a class that extends MCPClient of 'mcp-autoheal', with a method
per tool, argument types from the tools' JSON Schemas, result types where a tool has an output schema, and doc comments.
The server is an http(s) address, or a command that starts a server on stdin and stdout.

Options:
  --out FILE               write to FILE; its extension sets the language: .ts or .mts for TypeScript, .js or .mjs for
                           JavaScript with a .d.ts or .d.mts beside it. Default: TypeScript to stdout
  --name NAME              name of the class; default: from the server's name, such as ShopClient
  --header 'Name: value'   header of every request to the address; may be repeated; its value is not written to FILE
  --timeout MILLISECONDS   timeout of each request to the server; default: 60000
  --force                  overwrite FILE even if it was not generated
  --help, -h               print this help

Options may stand anywhere. If the command has options of the same names, put it last, after --.

Exit codes: 0 success, 1 failure, 2 wrong command line.
`;
