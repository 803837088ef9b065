export { EVENT_CATALOGUE, type EventData, type EventType, REGISTRY_TOPIC, type RegistryEvent } from './catalogue.js';
