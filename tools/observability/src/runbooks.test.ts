import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { repositoryFolder } from '@porchlight/stack';
import { dashboards } from './dashboards/dashboards.ts';
import { alertNames, alertsOf, ruleFiles } from './rules/rule-files.ts';

const folder = join(repositoryFolder, 'deploy/runbooks');
const pages = readdirSync(folder).filter((name) => name.endsWith('.md') && name !== 'README.md');
const read = (path: string): string => readFileSync(join(repositoryFolder, path), 'utf8');
const HEADINGS = ['Meaning', 'Impact', 'Diagnosis', 'Mitigation'];

/** As the command line's own README has them, which a test of its holds against the program. */
const commands = [...read('tools/cli/README.md').matchAll(/^\| `npx porchlight ([a-z -]+?)(?: [<[].*)?` \|/gm)].map(
  ([, name = '']) => name,
);
const commandSources = readdirSync(join(repositoryFolder, 'tools/cli/src/commands'))
  .filter((name) => name.endsWith('.ts'))
  .map((name) => read(`tools/cli/src/commands/${name}`))
  .join('\n');

/** Commands and flags in a text that the command line does not have. */
function unknownCommands(text: string): readonly string[] {
  return [...text.matchAll(/npx porchlight ([^`\n]+)/g)].flatMap(([, line = '']) => {
    const isKnown = commands.some((command) => line === command || line.startsWith(`${command} `));
    const flags = [...line.matchAll(/(?<= )--[a-z-]+/g)].map(([flag]) => flag);
    const missing = flags.filter((flag) => flag !== '--help' && !new RegExp(`['" ]${flag}[ '"]`).test(commandSources));
    return [...(isKnown || line.startsWith('flags set') ? [] : [line]), ...missing];
  });
}

/** Links of a page that lead nowhere in this repository. */
const brokenLinks = (page: string, text: string): readonly string[] =>
  [...text.matchAll(/\]\(([^)#]+)(?:#[^)]*)?\)/g)]
    .map(([, target = '']) => target)
    .filter((target) => !existsSync(join(dirname(page), target)));

describe('runbooks', () => {
  test('there is a page for each alert, and none for an alert that is gone', () => {
    expect(pages.sort()).toEqual([...alertNames()].map((name) => `${name}.md`).sort());
  });

  test('each says what it means, what it costs, how to look and what to do, in this order', () => {
    const wrong = pages.filter((page) => {
      const headings = [...read(`deploy/runbooks/${page}`).matchAll(/^## (.+)$/gm)].map(([, heading]) => heading);
      return headings.join() !== HEADINGS.join();
    });
    expect(wrong).toEqual([]);
  });

  test('each names at least one command, and only commands that there are', () => {
    expect(commands).toEqual(expect.arrayContaining(['groups', 'doctor', 'dlq replay', 'flags set']));
    const texts = pages.map((page) => ({ page, text: read(`deploy/runbooks/${page}`) }));
    expect(texts.flatMap(({ text }) => unknownCommands(text))).toEqual([]);
    expect(texts.filter(({ text }) => !/npx porchlight |SELECT |kubectl /.test(text)).map(({ page }) => page)).toEqual(
      [],
    );
  });

  test('no link leads nowhere', () => {
    const files = [...pages, 'README.md'].map((page) => join(folder, page));
    expect(files.flatMap((page) => brokenLinks(page, readFileSync(page, 'utf8')))).toEqual([]);
  });

  test('dashboards that a page sends to are there, with the panels that it names', () => {
    const named = pages.flatMap((page) =>
      [...read(`deploy/runbooks/${page}`).matchAll(/`(porchlight-[a-z]+)`/g)].map(([, uid]) => uid),
    );
    expect(named.filter((uid) => !dashboards.some((dashboard) => dashboard.uid === uid))).toEqual([]);
    const titles = new Set(
      dashboards.flatMap(({ rows }) => rows.flatMap(({ panels }) => panels.map(({ title }) => title))),
    );
    const quoted = pages.flatMap((page) =>
      [...read(`deploy/runbooks/${page}`).matchAll(/^\d+\. Dashboard [^\n]*$/gm)].flatMap(([line]) =>
        [...line.matchAll(/"([^"]+)"/g)].map(([, title = '']) => title.replace(/,$/, '')),
      ),
    );
    expect(quoted.filter((title) => title !== 'Bad share' && !titles.has(title))).toEqual([]);
  });

  test('a command, a flag and a link that are not there are found', () => {
    expect(unknownCommands('`npx porchlight fly --away`')).toEqual(['fly --away', '--away']);
    expect(brokenLinks(join(folder, 'README.md'), '[a](nowhere.md) [b](README.md)')).toEqual(['nowhere.md']);
  });
});

describe('alerts', () => {
  const alerts = ruleFiles.flatMap(alertsOf);

  test('each has a case in which it fires and one in which it must not', () => {
    expect(alerts.filter(({ fires, quiet }) => fires.labels.length === 0 || quiet.length === 0)).toEqual([]);
  });

  test('each says in a sentence what happens', () => {
    expect(alerts.filter(({ summary }) => !/^\S.{20,}\.$/.test(summary)).map(({ name }) => name)).toEqual([]);
  });
});

describe('dashboards', () => {
  const panels = dashboards.flatMap(({ rows }) => rows.flatMap((row) => row.panels));

  test('there are those that were promised', () => {
    expect(dashboards.map(({ uid }) => uid)).toEqual(
      expect.arrayContaining(['cache', 'pipeline', 'estimates', 'web', 'value'].map((name) => `porchlight-${name}`)),
    );
  });

  test('each panel says what it shows and leads to a page that there is', () => {
    const wrong = panels.filter(
      ({ description, runbook, queries }) =>
        !/^\S.{10,}\.$/s.test(description) || !alertNames().includes(runbook) || queries.length === 0,
    );
    expect(wrong.map(({ title }) => title)).toEqual([]);
  });

  test('no two panels of a dashboard have one title', () => {
    const twice = dashboards.filter(({ rows }) => {
      const titles = rows.flatMap((row) => row.panels.map(({ title }) => title));
      return new Set(titles).size !== titles.length;
    });
    expect(twice.map(({ uid }) => uid)).toEqual([]);
  });
});
