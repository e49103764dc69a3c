import { render } from 'preact'
import { Dashboard } from './model/dashboard.ts'
import { App } from './views/app.tsx'
import { DashboardContext } from './views/hooks.ts'
import { applyTheme } from './views/theme-switch.tsx'

applyTheme()
const dashboard = new Dashboard()
dashboard.start()
render(
  <DashboardContext.Provider value={dashboard}>
    <App />
  </DashboardContext.Provider>,
  document.getElementById('page')!,
)
