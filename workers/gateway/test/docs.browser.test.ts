import chromium from "@sparticuz/chromium";
import type { TestMesh } from "@weft/testkit/mesh";
import { type Browser, chromium as playwright, type Page } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { startShop } from "./shop.ts";

const ORIGIN = "http://shop.test";
let mesh: TestMesh;
let browser: Browser;

beforeAll(async () => {
  mesh = await startShop();
  browser = await playwright.launch({ executablePath: await chromium.executablePath(), args: chromium.args });
});
afterAll(async () => {
  await browser.close();
  await mesh.close();
});

/** A page whose every request goes to the shop, and what its browser complained about. */
async function open(path: string): Promise<{ page: Page; complaints: string[] }> {
  const complaints: string[] = [];
  const page = await browser.newPage();
  page.setDefaultTimeout(10_000);
  page.on("console", (message) => {
    if (message.type() === "error") complaints.push(message.text());
  });
  page.on("pageerror", (error) => complaints.push(error.message));
  await page.route("**/*", async (route) => {
    const request = route.request();
    if (!request.url().startsWith(`${ORIGIN}/`)) complaints.push(`asked for ${request.url()}`);
    const answer = await mesh.fetch(request.url().slice(ORIGIN.length), {
      method: request.method(),
      headers: await request.allHeaders(),
      body: request.postData() ?? undefined,
    });
    await route.fulfill({
      status: answer.status,
      headers: Object.fromEntries(answer.headers),
      body: Buffer.from(await answer.arrayBuffer()),
    });
  });
  await page.goto(`${ORIGIN}${path}`);
  return { page, complaints };
}

it("shows and tries out every operation, under a policy that allows nothing from elsewhere and nothing inline", async () => {
  const { page, complaints } = await open("/docs");
  await page.locator(".opblock").first().waitFor();
  const { paths } = (await mesh.shop.get("/openapi.json")).body as { paths: Record<string, object> };
  const operations = Object.values(paths).flatMap((path) => Object.keys(path));
  expect(await page.locator(".opblock").count()).toBe(operations.length);
  const operation = page.locator("#operations-products-getProduct");
  await operation.locator(".opblock-summary").click();
  await operation.getByText("Try it out").click();
  await operation.getByPlaceholder("id").fill("prod_001");
  await operation.getByText("Execute", { exact: true }).click();
  await operation.locator(".live-responses-table .microlight").first().waitFor();
  expect(await operation.locator(".live-responses-table").innerText()).toContain('"available": 1000000');
  expect(complaints).toEqual([]);
});
