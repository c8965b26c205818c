export { checkDeployment, type DeployedApp } from './deployment/check-deployment.ts';
export { deploymentOf, type AppDeployment } from './deployment/deployment-of.ts';
