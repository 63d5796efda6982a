// Uses the types of the generated class, to be checked by the compiler; it is never run.

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
import { MCPClient as Plain } from 'mcp-autoheal';

const options: MCPClientOptions = { reportErrors: true };
const client: IPFSAccelerateClient = new MCPClient('/jsonrpc', options);
const plain: Plain = new Default(new URL('https://example.org/rpc'));

interface Model {
  id: string;
}
const models = await client.listModels<Model[]>();
const first: string | undefined = models[0]?.id;
const unread: unknown = await client.searchModels('bert', 5);

const wanted: InferenceOptions = { temperature: 0, topP: undefined };
await client.generateText('hello', wanted);
await client.generateImage('a cat', { steps: 9, width: 256 });
await client.addModel('bert', { tags: ['small'] });

const container: ToolResult = await client.dockerRunContainer('nginx', ['-v'], { PORT: '80' });
await client.githubListRepos(null, 7);
await client.githubGetPr('octo', 'shop', 3);
await client.updateEndpoint('local', { weight: 2 });
await client.dispatch('files', 'read', { path: '/' });

const tools: ToolCall[] = [{ name: 'one' }, { name: 'two', arguments: { x: 1 } }];
const answers: BatchResult[] = await client.callToolsBatch(tools);

// What is inherited is there as well.
await client.request<Model>('get_model', { model_id: 'bert' });
await client.getModel('bert');
await client.callTool('one', {});
void [plain, first, unread, container, answers, MCPError];

// What the types must refuse.
// @ts-expect-error the prompt is missing
client.generateText();
// @ts-expect-error no call has such an option
client.generateText('hello', { temperatur: 0.5 });
// @ts-expect-error this option belongs to other calls
client.classifyText('hello', { voice: 'low' });
// @ts-expect-error a number of a pull request is no text
client.githubGetPr('octo', 'shop', '3');
// @ts-expect-error a configuration is an object
client.runnerSetConfig('fast');
// @ts-expect-error there is no such call
client.makeCoffee();
// @ts-expect-error the main entry has none of these calls
new Plain().listModels();
