// Measures, in a page, how well each text stands out from what is behind it (WCAG 2.2, 1.4.3).

/** Runs in the page: every visible text whose contrast is below `least`, with its colours. */
export function faintTexts(least) {
  const canvas = new OffscreenCanvas(1, 1).getContext('2d', { willReadFrequently: true });

  /** Any CSS colour as red, green, blue in 0…255 and alpha in 0…1. */
  function parse(colour) {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = colour;
    canvas.fillRect(0, 0, 1, 1);
    const [red, green, blue, alpha] = canvas.getImageData(0, 0, 1, 1).data;
    return [red, green, blue, alpha / 255];
  }

  function over([r, g, b, alpha], [red, green, blue]) {
    const mix = (front, back) => front * alpha + back * (1 - alpha);
    return [mix(r, red), mix(g, green), mix(b, blue), 1];
  }

  function luminance(colour) {
    const [red, green, blue] = colour.slice(0, 3).map((channel) => {
      const value = channel / 255;
      return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  }

  function contrast(one, other) {
    const [dark, light] = [luminance(one), luminance(other)].sort((a, b) => a - b);
    return (light + 0.05) / (dark + 0.05);
  }

  function ancestors(element) {
    return element ? [...ancestors(element.parentElement), element] : [];
  }

  /** The text's colour and the one behind it; opacity of an element fades it into what is behind that element. */
  function colours(element) {
    let back = parse('canvas');
    let opacity = 1;
    for (const ancestor of ancestors(element)) {
      const style = getComputedStyle(ancestor);
      opacity *= Number(style.opacity);
      const [red, green, blue, alpha] = parse(style.backgroundColor);
      back = over([red, green, blue, alpha * opacity], back);
    }
    const [red, green, blue, alpha] = parse(getComputedStyle(element).color);
    return { front: over([red, green, blue, alpha * opacity], back), back };
  }

  const faint = [];
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  let measured = 0;
  while (texts.nextNode()) {
    const element = texts.currentNode.parentElement;
    const text = texts.currentNode.data.trim();
    if (!text || !element.checkVisibility() || element.closest('script, style, :disabled')) continue;
    measured += 1;
    const { front, back } = colours(element);
    const ratio = contrast(front, back);
    if (ratio < least) faint.push(`${ratio.toFixed(2)} <${element.localName} class="${element.className}"> ${text.slice(0, 40)}`);
  }
  return { measured, faint };
}
