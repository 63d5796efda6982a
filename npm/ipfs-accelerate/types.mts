// Uses the types of the generated class. The compiler checks this file; it never runs.

import Default, {
  IPFSAccelerateClient,
  MCPClient,
  MCPError,
  type BatchResult,
  type InferenceOptions,
  type MCPClientOptions,
  type ToolCall,
  type ToolResult,
} from '../dist/ipfs-accelerate.js';
import { MCPClient as Plain } from '../mcp-autoheal.js';

const options: MCPClientOptions = { reportErrors: true };
const client: IPFSAccelerateClient = new MCPClient('/jsonrpc', options);
const plain: Plain = new Default(new URL('https://example.org/rpc'));

interface Model {
  id: string;
}
const models = await client.listModels<Model[]>();
const first: string | undefined = models[0]?.id;
const untyped: unknown = await client.searchModels('bert', 5);

const inferenceOptions: InferenceOptions = { temperature: 0, topP: undefined };
await client.generateText('hello', inferenceOptions);
await client.generateImage('a cat', { steps: 9, width: 256 });
await client.addModel('bert', { tags: ['small'] });

const container: ToolResult = await client.dockerRunContainer('nginx', ['-v'], { PORT: '80' });
await client.githubListRepos(null, 7);
await client.githubGetPr('octo', 'shop', 3);
await client.updateEndpoint('local', { weight: 2 });
await client.dispatch('files', 'read', { path: '/' });

const tools: ToolCall[] = [{ name: 'one' }, { name: 'two', arguments: { x: 1 } }];
const results: BatchResult[] = await client.callToolsBatch(tools);

// Inherited members.
await client.request<Model>('get_model', { model_id: 'bert' });
await client.getModel('bert');
await client.callTool('one', {});
void [plain, first, untyped, container, results, MCPError];

// Errors that the compiler must report.
// @ts-expect-error the prompt is missing
client.generateText();
// @ts-expect-error an unknown option
client.generateText('hello', { temperatur: 0.5 });
// @ts-expect-error an option of other calls
client.classifyText('hello', { voice: 'low' });
// @ts-expect-error the number of a pull request is a number
client.githubGetPr('octo', 'shop', '3');
// @ts-expect-error a configuration is an object
client.runnerSetConfig('fast');
// @ts-expect-error an unknown call
client.makeCoffee();
// @ts-expect-error the main entry does not have these calls
new Plain().listModels();
