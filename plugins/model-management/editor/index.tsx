import { render } from 'preact';
import { mayImport, openImport } from './clearblade/import-tray';
import { t } from './i18n';
import { Sidebar } from './sidebar/sidebar';
import 'uplot/dist/uPlot.min.css';
import './base.css';
import './chart/chart.css';
import './sidebar/sidebar.css';
import './models/models.css';
import './upload/upload.css';
import './model/model.css';
import './clearblade/clearblade.css';
import './libraries/libraries.css';
import './jobs/jobs.css';
import './rollouts/rollouts.css';
import './pipelines/pipelines.css';
import './edges/edges.css';
import './compare/compare.css';
import './edit/edit.css';
import './audit/audit.css';

const TAB = 'model-management';

RED.plugins.registerPlugin(TAB, {
  type: 'model-management',
  // Synchronously inside `onadd`: later is too late for the editor to restore the tab that was open last.
  onadd() {
    const content = document.createElement('div');
    content.className = 'mm-sidebar';
    RED.actions.add('model-management:show', () => RED.sidebar.show(TAB));
    if (mayImport()) RED.actions.add('model-management:import-from-clearblade', openImport);
    RED.sidebar.addTab({
      id: TAB,
      label: t('sidebar.label'),
      name: t('sidebar.name'),
      iconClass: 'fa fa-cubes',
      content,
      action: 'model-management:show',
      enableOnEdit: true,
    });
    render(<Sidebar />, content);
  },
});
