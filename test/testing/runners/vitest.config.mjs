export default {
  root: import.meta.dirname,
  test: { include: ['conformance.mjs'], globals: true, watch: false },
};
