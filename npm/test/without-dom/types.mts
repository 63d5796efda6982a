// The types in a program that has neither the DOM's types nor Node's.

import { MCPClient } from '../../mcp-autoheal.js';

const client = new MCPClient('https://shop.example/jsonrpc', { headers: { accept: '*/*' }, reportErrors: { endpoint: '/r' } });
export const sum: number = await client.request<number>('add', { a: 2 }, { timeout: 1000, signal: undefined });
// @ts-expect-error -- an address is a text or a URL
new MCPClient(5);
