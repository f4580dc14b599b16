import { isTopicFilter, isTopicName } from '../mqtt-topic';
import type { Names } from './names';
import { titleOf } from './step-graph';
import { isPublish, type StepParent } from './step-parents';
import type { Step, TopicStep } from './steps';
import type { ImportWarning } from './warning';

const MAX_SHOWN_LENGTH = 200;
const MAX_SHOWN_KEYS = 5;

type StepWarning = Pick<ImportWarning, 'code' | 'message'>;

interface StepFacts {
  readonly parents: readonly StepParent[];
  readonly hasChildren: boolean;
  readonly hasInbound: boolean;
  readonly names: Names;
}

/** What of one step is different here, or has to be looked at. */
export function stepWarnings(step: Step, facts: StepFacts): readonly StepWarning[] {
  switch (step.nodeType) {
    case 'INBOUND':
      return [...topicWarnings(step), ...inboundWarnings(step, facts)];
    case 'MQTTSUB':
      return [...topicWarnings(step), waitWarning(step, facts)];
    case 'MODEL':
      return modelWarnings(step, facts);
    case 'LIBRARY':
      return libraryWarnings(step, facts);
    default:
      return [...topicWarnings(step), ...publishWarnings(step, facts)];
  }
}

const shown = (text: string): string => JSON.stringify(text.slice(0, MAX_SHOWN_LENGTH));

function topicWarnings(step: TopicStep): readonly StepWarning[] {
  const { topic } = step.metadata;
  const title = titleOf(step);
  const found: StepWarning[] = [];
  if (isPublish(step) ? !isTopicName(topic) : !isTopicFilter(topic)) {
    const use = isPublish(step) ? 'publish on' : 'subscribe to';
    const message = `The topic ${shown(topic)} of ${title} is none to ${use}. Give the node another one.`;
    found.push({ code: 'BAD_TOPIC', message });
  }
  if (/\/(?:_platform|_edge\/[^/]+)$/.test(topic)) {
    const message = `The topic ${shown(topic)} of ${title} ends in a route of ClearBlade's platform. An ordinary broker takes it as part of the name.`;
    found.push({ code: 'PLATFORM_TOPIC', message });
  }
  return found;
}

function inboundWarnings(step: Step, { parents }: StepFacts): readonly StepWarning[] {
  if (parents.length === 0) return [];
  const message = `${titleOf(step)} is a second inbound step. As in the original it does not listen to its topic, but gets the message of the first.`;
  return [{ code: 'SEVERAL_INBOUNDS', message }];
}

function waitWarning(step: Step, { parents }: StepFacts): StepWarning {
  const title = titleOf(step);
  if (parents.length > 0) {
    const message = `${title} holds each run until the next message of its topic, without a time limit, as in the original. Here at most 1,000 runs wait; set a limit in the node if runs should be given up.`;
    return { code: 'WAITS_FOR_A_MESSAGE', message };
  }
  const message = `${title} has no parents. The original waited there for one message in each run; here each of its messages goes on by itself.`;
  return { code: 'SUBSCRIPTION_WITHOUT_PARENTS', message };
}

function modelWarnings(
  step: Extract<Step, { readonly nodeType: 'MODEL' }>,
  { parents, names }: StepFacts,
): readonly StepWarning[] {
  const { model, usingFeatures, features } = step.metadata;
  const [title, name] = [titleOf(step), names.model(model)];
  const found: StepWarning[] = [];
  if (model === '') {
    found.push({ code: 'MODEL_UNNAMED', message: `${title} names no model. Choose one in the node.` });
  } else if (name !== model) {
    const message = `The model ${shown(model)} of ${title} is called ${name} here. Upload it under this name.`;
    found.push({ code: 'MODEL_RENAMED', message });
  }
  if (usingFeatures && features.length === 0) {
    const message = `${title} is to make its input from features, but names none. Enter them in the node.`;
    found.push({ code: 'FEATURES_MISSING', message });
  }
  if (parents.length === 0) {
    const message = `${title} has no parents, so it never runs. In the original the pipeline failed here.`;
    found.push({ code: 'NO_PARENTS', message });
  }
  if (parents.length > 1) {
    const message = `${title} has ${parents.length} parents. The original refused that; here choose in the node which parent feeds which input of the model.`;
    found.push({ code: 'MODEL_WITH_SEVERAL_PARENTS', message });
  }
  return found;
}

function libraryWarnings(
  step: Extract<Step, { readonly nodeType: 'LIBRARY' }>,
  { parents, hasInbound, names }: StepFacts,
): readonly StepWarning[] {
  const { library } = step.metadata;
  const [title, name] = [titleOf(step), names.library(library)];
  const found: StepWarning[] = [];
  if (library === '') {
    found.push({ code: 'LIBRARY_UNNAMED', message: `${title} names no library. Choose one in the node.` });
  } else if (name !== library) {
    const message = `The library ${shown(library)} of ${title} is called ${name} here. Its constructor must have this name as well.`;
    found.push({ code: 'LIBRARY_RENAMED', message });
  }
  if (parents.length === 0) {
    const what = hasInbound
      ? 'it runs on {} for each message of the inbound step, as in the original'
      : 'it never runs';
    found.push({ code: 'NO_PARENTS', message: `${title} has no parents: ${what}.` });
  }
  return found;
}

function publishWarnings(step: Step, { parents, hasChildren }: StepFacts): readonly StepWarning[] {
  const title = titleOf(step);
  const found: StepWarning[] = [];
  if (parents.length === 0) {
    found.push({ code: 'NO_PARENTS', message: `${title} has no parents, so it publishes nothing.` });
  }
  if (parents.length > 1) {
    const keys = parents.slice(0, MAX_SHOWN_KEYS).map(({ key }) => shown(key));
    const all = parents.length > keys.length ? [...keys, '…'] : keys;
    const message = `${title} has ${parents.length} parents. The original published an array of their results; here it is an object by the ids of the steps: ${all.join(', ')}.`;
    found.push({ code: 'PUBLISHED_AN_ARRAY', message });
  }
  if (hasChildren) {
    const message = `The steps after ${title} got nothing from it in the original. Here they get what it publishes.`;
    found.push({ code: 'PUBLISH_WITH_CHILDREN', message });
  }
  return found;
}
