import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { htmlOf } from '../../../src/connectors/matrix/markdown.ts';

describe('markdown as agents write it', () => {
  test.each([
    ['**bold** and *it*, ~~gone~~', '<p><strong>bold</strong> and <em>it</em>, <del>gone</del></p>'],
    ['***both***', '<p><strong><em>both</em></strong></p>'],
    ['**a *b* c**', '<p><strong>a <em>b</em> c</strong></p>'],
    ['`a<b> *c*`', '<p><code>a&#60;b&#62; *c*</code></p>'],
    ['``a ` b``', '<p><code>a ` b</code></p>'],
    ['\\*no\\*', '<p>*no*</p>'],
    ['## Title ##\ntext', '<h2>Title</h2><p>text</p>'],
    ['```js\nlet a = "<b>";\n```', '<pre><code class="language-js">let a = &#34;&#60;b&#62;&#34;;\n</code></pre>'],
    ['````\n```\n````', '<pre><code>```\n</code></pre>'],
    ['- a\n- b\n  - c\n- d', '<ul><li>a</li><li>b<ul><li>c</li></ul></li><li>d</li></ul>'],
    ['3. x\n\n4. y\n   more', '<ol start="3"><li>x</li><li>y<br>more</li></ol>'],
    ['Files:\n- `a.ts`', '<p>Files:</p><ul><li><code>a.ts</code></li></ul>'],
    ['> q\n> - r\n\nafter', '<blockquote><p>q</p><ul><li>r</li></ul></blockquote><p>after</p>'],
    [
      '| a | b |\n|---|:-:|\n| 1 | **2** |',
      '<table><thead><tr><th>a</th><th>b</th></tr></thead><tbody><tr><td>1</td><td><strong>2</strong></td></tr></tbody></table>',
    ],
    ['a\n\n---\nb', '<p>a</p><hr><p>b</p>'],
    ['[l](https://e.org/a_(b)?x=1&y=2)', '<p><a href="https://e.org/a_(b)?x=1&#38;y=2">l</a></p>'],
    ['see https://e.org/x_y_z.', '<p>see <a href="https://e.org/x_y_z">https://e.org/x_y_z</a>.</p>'],
    ['**`code`** *[l](mailto:a@b)*', '<p><strong><code>code</code></strong> <em><a href="mailto:a@b">l</a></em></p>'],
  ])('%j', (markdown, html) => {
    expect(htmlOf(markdown)).toBe(html);
  });

  test.each([
    'plain text',
    'two\nlines\n\nand more',
    'snake_case_name and 2*3*4',
    'a ** b ** c',
    '<script>alert("1")</script> & more',
    '`unclosed',
    '@room hello',
    '',
  ])('%j is plain, and needs no HTML', (markdown) => {
    expect(htmlOf(markdown)).toBe(null);
  });
});

describe('hostile text', () => {
  test.each([
    ['a script', '**x** <script>alert(1)</script>'],
    ['an attribute', '**x** [l](https://e.org/"onmouseover="alert(1))'],
    ['a link to a script', '**x** [l](javascript:alert(1)) [l](data:text/html,x)'],
    ['a language', '```"><script>\nx\n```'],
    ['what stands for something else', '**x** \u{e000}0\u{e000} `c`'],
    ['an image that tells who looks', '**x** ![i](https://e.org/pixel.png)'],
    ['a pill', '**x** <a href="https://matrix.to/#/@jason:example.org">jason</a>'],
  ])('%s', (_name, markdown) => {
    expect(strayIn(htmlOf(markdown) ?? '')).toEqual([]);
  });

  test('whatever is written: only tags that we write, each closed again, and no attribute but those', () => {
    const words = [
      '*',
      '**',
      '_',
      '~~',
      '`',
      '```',
      '\n',
      '\n\n',
      '- ',
      '1. ',
      '> ',
      '# ',
      '|',
      '|-|',
      '[a](',
      'https://e.org',
      ')',
      '<b>',
      '&',
      '"',
      "'",
      'word',
      ' ',
      '\\',
      '\u{e000}',
      '0',
      '  ',
    ];
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...words), { maxLength: 60 }), (parts) => {
        expect(strayIn(htmlOf(parts.join('')) ?? '')).toEqual([]);
      }),
      { numRuns: 3000 },
    );
  });

  test('no word gets lost', () => {
    const marks = ['*', '**', '`', '- ', '> ', '\n', '\n\n', '# ', ' ', '1. ', '_', '~~'];
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...marks), { maxLength: 40 }), (parts) => {
        const markdown = parts.map((mark, index) => `${mark}w${index}w`).join('');
        const html = htmlOf(markdown);
        const words = (text: string): string[] => text.match(/w\d+w/g) ?? [];
        expect(words(html ?? markdown)).toEqual(words(markdown));
      }),
      { numRuns: 2000 },
    );
  });

  test.each(['*', '**a ', '_a ', '`a', '> ', '- ', '[a](', '(', '|a', '***a ', '\n', '- a\n', '~~a', '[a](('])(
    'of %j all day long comes to an end',
    (word) => {
      expect(strayIn(htmlOf(`x ${word.repeat(16_384 / word.length)}`) ?? '')).toEqual([]);
    },
  );
});

/** What of a text is no markup that may be there: other tags, such as are not closed, and bare signs. */
function strayIn(html: string): string[] {
  const allowed =
    /<(?:\/?(?:p|strong|em|del|code|pre|ul|ol|li|blockquote|table|thead|tbody|tr|th|td|h[1-6]|a)|br|hr|ol start="\d+"|code class="language-[\w+#&;.-]+"|a href="(?:https?:|mailto:)[^"<>\s]*")>/g;
  const open: string[] = [];
  const strays: string[] = [];
  for (const [tag] of html.matchAll(allowed)) {
    const name = /\w+/.exec(tag)?.[0] ?? '';
    if (tag === '<br>' || tag === '<hr>') continue;
    if (!tag.startsWith('</')) open.push(name);
    else if (open.pop() !== name) strays.push(tag);
  }
  const rest = html.replace(allowed, '');
  return [...strays, ...open, ...(rest.match(/[<>"']|&(?!#\d+;)/g) ?? [])];
}
