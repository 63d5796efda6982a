export class Ticker {
  listeners = [];
  count = 0;

  start() {
    this.timer = setInterval(this.tick, 1);
  }

  stop() {
    clearInterval(this.timer);
  }

  tick() {
    this.count += 1;
    for (const listener of this.listeners) listener(this.count);
  }
}
