import { tellStories } from './stories.ts';

tellStories(2, 4);
