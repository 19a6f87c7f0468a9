import { Argument, Option, type Command } from 'commander';
import { CHART_NAMES, type ChartName } from '../drawing/charts.js';
import { CHART_FORMATS, exportChart, type ChartFormat } from '../drawing/export-chart.js';

export function addExportCommand(program: Command): void {
  program
    .command('export')
    .description('write a statechart for another tool to stdout')
    .addArgument(new Argument('<chart>', 'which').choices(CHART_NAMES))
    .addOption(
      new Option('--format <format>', "json is for Stately Studio's import")
        .choices(CHART_FORMATS)
        .default('mermaid'),
    )
    .action(async (chart: ChartName, { format }: { format: ChartFormat }) => {
      process.stdout.write(`${await exportChart(chart, format)}\n`);
    });
}
