/** How every file of the repository is laid out; `npm run format` applies it, `npm test` checks it. */
export default {
  printWidth: 120,
  singleQuote: true,
  trailingComma: 'all',
  arrowParens: 'always',
  proseWrap: 'preserve',
};
