// The whole view in the address: what is copied shows the same to others; what is wrong is named;
// what other sites add is no fault of the reader's. The figure alone says what it shows.
import assert from "node:assert/strict";
import { test } from "node:test";
import { withPage } from "./support/page.mjs";

const search = (page) => page.evaluate(() => Object.fromEntries(new URLSearchParams(location.search)));

test("one moment of one run is linked: sample, interaction, mask, number, solver", { timeout: 200_000 }, async () => {
  let link;
  const seen = async (page) => {
    await page.locator("#sample").scrollIntoViewIfNeeded();
    await page.locator(".sum .total").waitFor();
    const list = page.locator("section:has(#sample)");
    return {
      checkpoint: await page.locator(".evolution h3 .now").innerText(),
      sample: await list.locator(".chooser select").inputValue(),
      interaction: await list.locator(".interaction[aria-pressed=true]").innerText(),
      kept: await list.locator(".matching .slider b").innerText(),
      mask: await list.locator(".explanation > h4").innerText(),
    };
  };
  let before;
  await withPage({ search: "?epoch=256", permissions: ["clipboard-read", "clipboard-write"] }, async (page) => {
    await page.locator("#sample").scrollIntoViewIfNeeded();
    await page.locator("section:has(#sample) .interaction").first().waitFor();
    await page.getByRole("button", { name: "Next digit" }).click();
    await page.waitForFunction(() => new URLSearchParams(location.search).get("sample") === "1");
    await page.locator("section:has(#sample) .interaction").nth(3).click();
    await page.locator("section:has(#sample) .explanation .toggle").nth(2).click();
    await page.locator(".sum .total").waitFor();
    const slider = page.locator(".matching input[type=range]");
    await slider.focus();
    await page.keyboard.press("ArrowRight");
    before = await seen(page);
    await page.waitForFunction(() => new URLSearchParams(location.search).has("k"));
    await page.getByRole("button", { name: "Copy link" }).click();
    link = new URL(await page.evaluate(() => navigator.clipboard.readText()));
    assert.equal(link.hash, "", "the reader went there without a link");
    assert.ok(link.search.length < 80, `short: ${link.search}`);
  });
  await withPage({ search: `${link.search}${link.hash}` }, async (page) => {
    assert.deepEqual(await seen(page), before);
    await page.waitForTimeout(800);
    assert.equal(new URL(page.url()).search, link.search, "it stays in the address");
    assert.equal(await page.locator(".file-notice").count(), 0);
  });
});

test("the link to a moment of a run carries neither settings nor what was not chosen", {
  timeout: 200_000,
}, async () => {
  const permissions = ["clipboard-read", "clipboard-write"];
  await withPage({ search: "?seed=7&train_size=320&epoch=0", permissions }, async (page) => {
    const copied = async () => {
      await page.getByRole("button", { name: "Copy link" }).click();
      await page.getByRole("button", { name: "Copied" }).waitFor();
      const { search, hash } = new URL(await page.evaluate(() => navigator.clipboard.readText()));
      await page.getByRole("button", { name: "Copy link" }).waitFor({ timeout: 10_000 });
      return search + hash;
    };
    await page.getByRole("link", { name: "down to its arithmetic" }).click();
    const chosen = page.locator("section:has(#sample) .interaction[aria-pressed=true] .players");
    await chosen.waitFor();
    // What was strongest before training stays lit, and is not the strongest at the boundary.
    await page.getByRole("slider", { name: "Checkpoint" }).focus();
    for (const key of ["ArrowRight", "ArrowRight", "ArrowRight"]) await page.keyboard.press(key);
    await page.waitForTimeout(1_000);
    assert.equal(await copied(), "?epoch=0.249467");
    const first = page.locator("section:has(#sample) .interaction[aria-pressed=false]").first();
    await first.click();
    assert.match(await copied(), /^\?epoch=0\.249467(&interaction=(and|or)-\d+#sample)?$/);
  });
});

test("the pair, the SGD's rate and the replay are in the address", { timeout: 200_000 }, async () => {
  await withPage({ search: "?pair=vgg-11-mnist,vgg-13-mnist&sgd=1e-6&epoch=0" }, async (page) => {
    await page.locator("#compare").scrollIntoViewIfNeeded();
    await page.locator("section:has(#compare) figure h3", { hasText: "VGG-11 on MNIST and VGG-13 on MNIST" }).waitFor();
    await page.locator("#sample").scrollIntoViewIfNeeded();
    await page.locator(".verdict strong").waitFor();
    assert.match(await page.locator(".solver-choice .slider label").innerText(), /10⁻⁶|0\.000001/);
    await page.waitForTimeout(800);
    assert.deepEqual(await search(page), { pair: "vgg-11-mnist,vgg-13-mnist", sgd: "0.000001", epoch: "0" });
  });
  await withPage({ search: "?play=1&epoch=0" }, async (page) => {
    await page.waitForFunction(() => !/before training/.test(document.querySelector(".evolution h3 .now").textContent));
  });
});

test("wrong values are named, and what other sites add is ignored in silence", async () => {
  const foreign = "utm_source=x&utm_medium=y&fbclid=1&gclid=2&ref=z&msclkid=3";
  await withPage({ search: `?${foreign}` }, async (page) => {
    await page.waitForTimeout(800);
    assert.equal(await page.locator(".file-notice").count(), 0);
    assert.equal(new URL(page.url()).search.includes("utm"), false);
  });
  const wrong = [
    "interaction=xor-3",
    "mask=-1",
    "k=few",
    "sgd=7",
    "play=yes",
    "pair=nobody",
    "sample=99999",
    "colour=red",
  ];
  await withPage({ search: `?${wrong.join("&")}` }, async (page) => {
    const words = await page.locator(".file-notice").innerText();
    for (const value of wrong)
      assert.ok(words.includes(value.replace("colour=red", "colour")), `${value} in: ${words}`);
  });
  await withPage({ search: "?epoch=256&mask=4096&interaction=and-1023#sample" }, async (page) => {
    await page.locator("#sample").scrollIntoViewIfNeeded();
    await page.locator("section:has(#sample) .interaction").first().waitFor();
    assert.match(await page.locator(".file-notice").innerText(), /mask=4096: masks of this sample are 0 to 1023/);
  });
});

test("a figure alone says what it shows and leads back; of an unknown run it shows no other one", async () => {
  await withPage({ search: "?embed=figure&run=vgg-11-mnist&epoch=18" }, async (page) => {
    const foot = page.locator(".embedded-foot");
    assert.match(await foot.innerText(), /VGG-11 on MNIST: [\d,]+ training samples, 64 epochs, seed 0/);
    const back = new URL(await foot.getByRole("link").getAttribute("href"), page.url());
    assert.equal(back.search, "?run=vgg-11-mnist&epoch=18");
    assert.match(await page.locator(".evolution h3").innerText(), /VGG-11/);
  });
  await withPage({ search: "?embed=figure&run=nobody" }, async (page) => {
    assert.match(await page.locator(".file-notice").innerText(), /No run named nobody came with this page/);
    assert.equal(await page.locator("figure").count(), 0);
    assert.equal(await page.locator(".embedded-foot a").getAttribute("href"), "./");
  });
  await withPage({ search: "?run=own-1-2-3-4" }, async (page) => {
    assert.match(await page.locator(".file-notice").innerText(), /kept in another browser/);
  });
});
