import { withDefaults } from './options.mjs';
import { greet } from './greet.mjs';

console.log(greet(withDefaults({ name: 'Ada' })));
