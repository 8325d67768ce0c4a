import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["extension/test/**/*.test.ts"],
    testTimeout: 20_000,
    maxWorkers: 2,
  },
});
