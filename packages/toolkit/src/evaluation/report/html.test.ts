import assert from "node:assert/strict";
import { test } from "node:test";
import { html } from "./html.js";

test("values are escaped, in text and in attributes", () => {
  const hostile = `"><script>alert('&')</script>`;
  assert.equal(
    html`<p title="${hostile}">${hostile}</p>`.text,
    '<p title="&quot;&gt;&lt;script&gt;alert(&#39;&amp;&#39;)&lt;/script&gt;">&quot;&gt;&lt;script&gt;alert(&#39;&amp;&#39;)&lt;/script&gt;</p>',
  );
});

test("markup stands as it is, lists are joined, nothing is nothing, numbers are written", () => {
  const items = ["<", 2].map((value) => html`<li>${value}</li>`);
  assert.equal(html`<ul>${items}${undefined}${null}</ul>${0}`.text, "<ul><li>&lt;</li><li>2</li></ul>0");
});

test("backslashes in the templates' values stay", () => {
  assert.equal(html`<p>${"a\\nb"}</p>`.text, "<p>a\\nb</p>");
});
