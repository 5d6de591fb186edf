/** Holds Kubernetes objects (JSON, a list on standard input) against the schemas of Kubernetes; prints what is wrong. */
import { readFileSync } from 'node:fs';
import * as apps from 'kubernetes-models/apps/v1';
import * as autoscaling from 'kubernetes-models/autoscaling/v2';
import * as batch from 'kubernetes-models/batch/v1';
import * as networking from 'kubernetes-models/networking.k8s.io/v1';
import * as policy from 'kubernetes-models/policy/v1';
import * as core from 'kubernetes-models/v1';

const MODELS = {
  'apps/v1': apps,
  'autoscaling/v2': autoscaling,
  'batch/v1': batch,
  'networking.k8s.io/v1': networking,
  'policy/v1': policy,
  v1: core,
};

const faults = JSON.parse(readFileSync(0, 'utf8')).flatMap((object) => {
  const { apiVersion, kind, metadata } = object;
  const Model = MODELS[apiVersion]?.[kind];
  if (!Model) return [`${apiVersion} ${kind}: no such kind`];
  try {
    new Model(object).validate();
    return [];
  } catch (error) {
    return [`${kind} ${metadata?.name}: ${error.message}`];
  }
});
process.stdout.write(JSON.stringify(faults));
