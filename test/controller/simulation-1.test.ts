import { tellStories } from './stories.ts';

tellStories(0, 4);
