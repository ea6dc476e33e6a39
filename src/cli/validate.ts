import { readShipped } from '../host/shipped.ts';
import { planDiagnostic } from '../model/plan-diagnostic.ts';
import { countFindings } from '../views/diagnostics.ts';
import { renderAnnotations } from '../views/github.ts';
import { renderJson } from '../views/json.ts';
import { counted } from '../views/style.ts';
import { type Context, type ExitStatus, exitStatus } from './context.ts';
import { formatOf, type HostFlags, type OutputFlags, type SourceFlags } from './flags.ts';
import { factsOf } from './host.ts';
import { show, showFindings, styleOf } from './output.ts';
import { admitSource, readSource } from './source.ts';

export interface ValidateFlags extends SourceFlags, HostFlags, OutputFlags {}

/** Schema and admission, for every host that the rosters name or for the one that `--host` names. Needs no host. */
export async function validate(dir: string | undefined, flags: ValidateFlags, context: Context): Promise<ExitStatus> {
  const source = await readSource(dir, flags, readShipped(context.packageRoot), context);
  const scope = flags.host === undefined && flags.tenant === undefined ? null : factsOf(flags, context);
  const { diagnostics, selected } = admitSource(source, scope, null);
  const agents = selected.reduce((sum, { agents }) => sum + agents.length, 0);
  const { revision } = source.files;
  switch (formatOf(flags)) {
    case 'json':
      show(
        renderJson({
          format_version: '1.0',
          revision,
          rosters: selected.length,
          agents,
          diagnostics: diagnostics.map(planDiagnostic),
        }),
        context,
      );
      break;
    case 'github':
      show(renderAnnotations(diagnostics.map(planDiagnostic)), context);
      break;
    case 'markdown':
    case 'text': {
      if (flags.quiet !== true) showFindings(diagnostics, source.set, flags, context);
      const findings = countFindings(diagnostics);
      const style = styleOf(flags, context.stdout, context);
      show(
        `${style.green('✓')} ${counted(selected.length, 'roster')}, ${counted(agents, 'agent')}${findings === '' ? '' : ` (${findings})`}\n`,
        context,
      );
    }
  }
  return exitStatus.done;
}
