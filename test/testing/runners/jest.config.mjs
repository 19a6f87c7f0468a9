export default {
  rootDir: import.meta.dirname,
  testMatch: ['**/conformance.mjs'],
  moduleFileExtensions: ['mjs', 'js'],
};
