// Tools that use nearly all of JSON Schema, for the golden file and for real calls.

const address = {
  type: 'object',
  description: 'A postal address.',
  properties: { street: { type: 'string' }, zip: { type: 'string', pattern: '^\\d{5}$' } },
  required: ['street'],
  additionalProperties: false,
};

const node = {
  type: 'object',
  properties: { label: { type: 'string' }, children: { type: 'array', items: { $ref: '#/$defs/Node' } } },
  required: ['label'],
};

export const serverInfo = { name: 'rich-shop', version: '3.1.4' };

export const tools = [
  {
    name: 'place_order',
    title: 'Place an order',
    description: 'Orders what is in the cart.\n\nSee `list-orders` for its state.',
    annotations: { readOnlyHint: false, destructiveHint: true, idempotentHint: true },
    inputSchema: {
      type: 'object',
      $defs: { Address: address },
      required: ['items', 'shipTo', 'payment'],
      properties: {
        items: {
          type: 'array',
          minItems: 1,
          items: {
            type: 'object',
            required: ['sku'],
            properties: { sku: { type: 'string' }, quantity: { type: 'integer', minimum: 1, default: 1 } },
          },
        },
        shipTo: { $ref: '#/$defs/Address' },
        billTo: { $ref: '#/$defs/Address', description: 'If it differs.' },
        payment: {
          oneOf: [
            {
              type: 'object',
              properties: { kind: { const: 'card' }, last4: { type: 'string' } },
              required: ['kind', 'last4'],
            },
            {
              type: 'object',
              properties: { kind: { const: 'invoice' }, due: { type: 'integer' } },
              required: ['kind'],
            },
          ],
        },
        'gift-note': { type: ['string', 'null'], maxLength: 200 },
        speed: { type: 'string', enum: ['slow', 'fast'], default: 'slow' },
        labels: { type: 'object', additionalProperties: { type: 'string' } },
        window: {
          type: 'array',
          prefixItems: [
            { type: 'string', format: 'date' },
            { type: 'string', format: 'date' },
          ],
          items: false,
        },
        coupon: { type: 'string', deprecated: true, description: "Say it's /* not */ there." },
      },
    },
    outputSchema: {
      type: 'object',
      required: ['order', 'total'],
      properties: { order: { type: 'string' }, total: { type: 'number' }, currency: { enum: ['EUR', 'USD'] } },
    },
  },
  {
    name: 'list-orders',
    description: 'The orders so far.',
    annotations: { readOnlyHint: true },
    inputSchema: {
      type: 'object',
      properties: {
        since: { anyOf: [{ type: 'string', format: 'date-time' }, { type: 'integer' }] },
        limit: { type: 'integer', maximum: 100 },
      },
    },
  },
  {
    name: 'listOrders',
    description: 'The same under its older name.',
    inputSchema: { type: 'object', properties: {} },
  },
  {
    name: 'tree.grow',
    inputSchema: {
      type: 'object',
      $defs: { Node: node },
      required: ['root'],
      properties: { root: { $ref: '#/$defs/Node' } },
      patternProperties: { '^x-': { type: 'boolean' } },
    },
    outputSchema: { $ref: '#/$defs/Node', $defs: { Node: node } },
  },
  { name: 'ping', title: 'Asks the till', inputSchema: { type: 'object', additionalProperties: false } },
  {
    name: 'find',
    inputSchema: {
      type: 'object',
      properties: { sku: { type: 'string' }, name: { type: 'string' } },
      anyOf: [{ required: ['sku'] }, { required: ['name'] }],
    },
  },
];

/** The result of a call: its name and arguments as text, and structured content if the tool has an output schema. */
export function call(name, args) {
  const contents = {
    place_order: { order: 'A-1', total: 12.5, currency: 'EUR' },
    'tree.grow': { label: 'root', children: [{ label: 'leaf' }] },
  };
  return { content: [{ type: 'text', text: JSON.stringify({ name, args }) }], structuredContent: contents[name] };
}
