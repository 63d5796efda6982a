// One line on a terminal that says what is being waited for; nothing anywhere else.

export class Progress {
  #stream;

  constructor(stream) {
    this.#stream = stream.isTTY ? stream : undefined;
  }

  show(text) {
    this.#stream?.write(`\r\u001b[K${text}`);
  }

  clear() {
    this.#stream?.write('\r\u001b[K');
  }
}
