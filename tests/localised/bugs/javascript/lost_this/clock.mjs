import { Ticker } from './ticker.mjs';

const ticker = new Ticker();
ticker.listeners.push((count) => count === 2 && ticker.stop());
ticker.start();
