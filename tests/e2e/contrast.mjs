// Measures the contrast of each text in a page (WCAG 2.2, 1.4.3).

/** Runs in the page. Returns the visible texts whose contrast is below `min`. */
export function lowContrastTexts(min) {
  const canvas = new OffscreenCanvas(1, 1).getContext('2d', { willReadFrequently: true });

  /** A CSS colour as red, green, blue from 0 to 255 and alpha from 0 to 1. */
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

  /** The colours of the text and of its background. The opacity of an element mixes it with its background. */
  function colours(element) {
    let background = parse('canvas');
    let opacity = 1;
    for (const ancestor of ancestors(element)) {
      const style = getComputedStyle(ancestor);
      opacity *= Number(style.opacity);
      const [red, green, blue, alpha] = parse(style.backgroundColor);
      background = over([red, green, blue, alpha * opacity], background);
    }
    const [red, green, blue, alpha] = parse(getComputedStyle(element).color);
    return { text: over([red, green, blue, alpha * opacity], background), background };
  }

  const lowContrast = [];
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  let measured = 0;
  while (texts.nextNode()) {
    const element = texts.currentNode.parentElement;
    const text = texts.currentNode.data.trim();
    if (!text || !element.checkVisibility() || element.closest('script, style, :disabled')) continue;
    measured += 1;
    const { text: colour, background } = colours(element);
    const ratio = contrast(colour, background);
    if (ratio < min) lowContrast.push(`${ratio.toFixed(2)} <${element.localName} class="${element.className}"> ${text.slice(0, 40)}`);
  }
  return { measured, lowContrast };
}
